{{- /* What this release keeps in its own Secret, as JSON: name -> value. */}}
{{- define "chartgen.secretData" -}}
{{- $app := .Files.Get "app.json" | fromJson }}
{{- $data := dict }}
{{- $database := .Values.database | default dict }}
{{- $own := dict $app.database.env $database "PGPASSWORD" ($database.password | default dict) }}
{{- range $name, $source := merge $own (.Values.credentials | default dict) }}
{{- if and $source $source.value (not $source.existingSecret) }}
{{- $_ := set $data $name $source.value }}
{{- end }}
{{- end }}
{{- $data | toJson }}
{{- end }}

{{- /* The one Secret for all credentials that are not set by themselves. */}}
{{- define "chartgen.sharedSecret" -}}
{{- .Values.existingSecret | default (ternary (printf "%s-external" (include "chartgen.fullname" .)) "" .Values.externalSecret.enabled) }}
{{- end }}

{{- /* Every setting of the connection pool: the runtime would not fill in what is left out. */}}
{{- define "chartgen.databasePool" -}}
{{- $pool := .Values.databasePool -}}
{{- dict
  "pool_size" (int $pool.size)
  "max_overflow" (int $pool.maxOverflow)
  "pool_timeout" (int $pool.timeoutSeconds)
  "pool_recycle" (int $pool.recycleSeconds)
  "pool_pre_ping" $pool.prePing
  "echo" false
  | toJson }}
{{- end }}

{{- define "chartgen.authorityFile" -}}
/run/chartgen/database/ca.crt
{{- end }}

{{- /* How the server is trusted, in the address: a variable would also hold for what flows connect to. */}}
{{- define "chartgen.databaseTrust" -}}
{{- with .tls -}}
?sslmode={{ .mode }}{{ if .caSecret }}&sslrootcert={{ include "chartgen.authorityFile" . }}{{ end }}
{{- end }}
{{- end }}

{{- define "chartgen.databasePort" -}}
{{- (.Values.database | default dict).port | default 5432 | int }}
{{- end }}

{{- /*
The variables that name the shared database, as JSON. A password never stands in an address made of
parts: libpq takes it from a variable of its own.
*/}}
{{- define "chartgen.databaseEnv" -}}
{{- $app := .Files.Get "app.json" | fromJson }}
{{- $own := include "chartgen.fullname" . }}
{{- $env := dict }}
{{- with .Values.database }}
{{- if .host }}
{{- $_ := set $env $app.database.env (printf "postgresql://%s@%s:%s/%s%s" .user .host (include "chartgen.databasePort" $) .name (include "chartgen.databaseTrust" .)) }}
{{- $secret := .password.existingSecret | default (dict "name" $own) }}
{{- $_ := set $env "PGPASSWORD" (merge (dict) $secret (dict "key" "PGPASSWORD")) }}
{{- else }}
{{- $secret := .existingSecret | default (dict "name" $own) }}
{{- $_ := set $env $app.database.env (merge (dict) $secret (dict "key" $app.database.env)) }}
{{- end }}
{{- with $app.database.poolEnv }}
{{- $_ := set $env . (include "chartgen.databasePool" $) }}
{{- end }}
{{- end }}
{{- $env | toJson }}
{{- end }}

{{- /* What makes the runtime talk about itself, as JSON. */}}
{{- define "chartgen.observationEnv" -}}
{{- $app := .Files.Get "app.json" | fromJson }}
{{- $env := dict $app.logLevelEnv .Values.logLevel }}
{{- if .Values.metrics.enabled }}
{{- $env = merge $env $app.metrics.environment }}
{{- end }}
{{- with .Values.tracing.langfuse }}
{{- if .baseUrl }}
{{- $_ := set $env "LANGFUSE_BASE_URL" .baseUrl }}
{{- range list "LANGFUSE_PUBLIC_KEY" "LANGFUSE_SECRET_KEY" }}
{{- $_ := set $env . (dict "name" $.Values.tracing.langfuse.existingSecret "key" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.tracing.otlp }}
{{- if .endpoint }}
{{- $_ := set $env "OTEL_EXPORTER_OTLP_ENDPOINT" .endpoint }}
{{- $_ := set $env "OTEL_SERVICE_NAME" (include "chartgen.fullname" $) }}
{{- with .existingSecret }}
{{- $_ := set $env "OTEL_EXPORTER_OTLP_HEADERS" (dict "name" . "key" "OTEL_EXPORTER_OTLP_HEADERS") }}
{{- end }}
{{- end }}
{{- end }}
{{- $env | toJson }}
{{- end }}

{{- /*
All that the chart tells the runtime, as JSON: name -> text, or name -> {name, key, optional} of a
Secret. A later one wins: runtime, observation, database, parameters, credentials.
*/}}
{{- define "chartgen.env" -}}
{{- $app := .Files.Get "app.json" | fromJson }}
{{- $own := include "chartgen.fullname" . }}
{{- $all := include "chartgen.sharedSecret" . }}
{{- $env := merge (dict $app.database.env $app.database.default) $app.environment }}
{{- $env = mergeOverwrite $env (include "chartgen.observationEnv" . | fromJson) (include "chartgen.databaseEnv" . | fromJson) }}
{{- range $name, $value := .Values.parameters }}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
{{- $_ := set $env $name (ternary $value (toRawJson $value) (kindIs "string" $value)) }}
{{- end }}
{{- end }}
{{- range $name, $rule := $app.credentials }}
{{- $credential := index ($.Values.credentials | default dict) $name }}
{{- if $credential }}
{{- $secret := $credential.existingSecret | default (dict "name" $own) }}
{{- $_ := set $env $name (merge (dict) $secret (dict "key" $name)) }}
{{- else if $all }}
{{- $_ := set $env $name (dict "name" $all "key" $name "optional" (not $rule.required)) }}
{{- end }}
{{- end }}
{{- range .Values.env }}
{{- $_ := unset $env .name }}
{{- end }}
{{- $env | toJson }}
{{- end }}

{{- /* The variables of `env` (JSON) as a container has them; in files there is what Secrets hold. */}}
{{- define "chartgen.variables" -}}
{{- range $name, $source := .env }}
{{- if kindIs "string" $source }}
{{- /* On one line, as there are many. A doubled $ keeps Kubernetes from expanding $(NAME). */}}
- {name: {{ $name | quote }}, value: {{ $source | replace "$" "$$" | quote }}}
{{- else if eq $.root.Values.credentialsAs "env" }}
- name: {{ $name | quote }}
  valueFrom:
    secretKeyRef:
      {{- include "chartgen.secretKey" $source | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "chartgen.secretKey" -}}
name: {{ .name | quote }}
key: {{ .key | quote }}
{{- if .optional }}
optional: true
{{- end }}
{{- end }}

{{- /* Are there files in place of variables, for this `env`? */}}
{{- define "chartgen.hasFiles" -}}
{{- if eq .root.Values.credentialsAs "file" }}
{{- range $source := .env }}
{{- if kindIs "map" $source }}true{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Volume and mount of the credentials that are files, each under the name of its variable. */}}
{{- define "chartgen.credentialVolume" -}}
{{- if include "chartgen.hasFiles" . }}
- name: credentials
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $source := .env }}
      {{- if kindIs "map" $source }}
      - secret:
          name: {{ $source.name | quote }}
          items:
            - key: {{ $source.key | quote }}
              path: {{ $name | quote }}
          {{- if $source.optional }}
          optional: true
          {{- end }}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "chartgen.credentialMount" -}}
{{- if include "chartgen.hasFiles" . }}
- name: credentials
  mountPath: {{ (.root.Files.Get "app.json" | fromJson).credentialsFolder | quote }}
  readOnly: true
{{- end }}
{{- end }}

{{- /* Volume and mount of the authority that the database's certificate is checked with. */}}
{{- define "chartgen.authorityVolume" -}}
{{- with ((.Values.database | default dict).tls | default dict).caSecret }}
- name: database-authority
  secret:
    secretName: {{ .name | quote }}
    defaultMode: 0444
    items:
      - key: {{ .key | default "ca.crt" | quote }}
        path: ca.crt
{{- end }}
{{- end }}

{{- define "chartgen.authorityMount" -}}
{{- with ((.Values.database | default dict).tls | default dict).caSecret }}
- name: database-authority
  mountPath: {{ include "chartgen.authorityFile" . | dir }}
  readOnly: true
{{- end }}
{{- end }}
