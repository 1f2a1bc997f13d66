{{- /* Name of the application: label value and first part of names. */}}
{{- define "app.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- /* Name of all objects of a release, with room for a suffix. */}}
{{- define "app.fullname" -}}
{{- $name := include "app.name" . }}
{{- $release := .Release.Name | replace "." "-" }}
{{- $both := ternary $release (printf "%s-%s" $release $name) (contains $name $release) }}
{{- .Values.fullnameOverride | default $both | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "app.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "app.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- /* Labels that a Deployment can never change: no version among them. */}}
{{- define "app.selectorLabels" -}}
app.kubernetes.io/name: {{ include "app.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "app.labels" -}}
{{ include "app.selectorLabels" . }}
app.kubernetes.io/component: "runtime"
{{ include "app.moreLabels" . }}
{{- end }}

{{- define "app.moreLabels" -}}
app.kubernetes.io/version: {{ include "app.labelValue" .Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ include "app.labelValue" (printf "%s-%s" .Chart.Name .Chart.Version) }}
{{- range $key, $value := .Values.commonLabels }}
{{ $key | quote }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* Labels of the pod of `helm test`, which no selector of the release matches. */}}
{{- define "app.testLabels" -}}
app.kubernetes.io/name: {{ printf "%s-test" (include "app.name" .) | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: "test"
{{- end }}

{{- /* A version as a label value: no "+", at most 63 characters, a letter or digit at the end. */}}
{{- define "app.labelValue" -}}
{{- . | replace "+" "_" | trunc 63 | regexFind ".*[A-Za-z0-9]" | quote }}
{{- end }}

{{- /* OpenShift gives pods their user itself, and its DNS listens on 5353. */}}
{{- define "app.onOpenShift" -}}
{{- if .Capabilities.APIVersions.Has "security.openshift.io/v1" }}true{{ end }}
{{- end }}

{{- define "app.podSecurityContext" -}}
{{- $context := .Values.podSecurityContext }}
{{- if include "app.onOpenShift" . }}
{{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{- /* The image, pinned by its digest when there is one. */}}
{{- define "app.image" -}}
{{- $image := .Values.image }}
{{- $tag := $image.tag }}
{{- if not (or $tag $image.digest) }}
{{- $tag = .Chart.AppVersion | replace "+" "_" }}
{{- end }}
{{- $image.repository }}{{ with $tag }}:{{ . }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- /* What this release keeps in its own Secret, as JSON: name -> value. */}}
{{- define "app.secretData" -}}
{{- $app := .Files.Get "app.json" | fromJson }}
{{- $data := dict }}
{{- range $name, $source := merge (dict $app.database.env .Values.database) .Values.credentials }}
{{- if and $source (not $source.existingSecret) }}
{{- $_ := set $data $name $source.value }}
{{- end }}
{{- end }}
{{- $data | toJson }}
{{- end }}

{{- /* Every setting of the connection pool: the runtime would not fill in what is left out. */}}
{{- define "app.databasePool" -}}
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

{{- /*
The environment that the chart makes, as JSON: name -> text, or name -> {name, key, optional}
of a Secret. A later one wins: runtime, database, parameters, credentials.
*/}}
{{- define "app.env" -}}
{{- $app := .Files.Get "app.json" | fromJson }}
{{- $own := include "app.fullname" . }}
{{- $all := .Values.existingSecret }}
{{- $env := merge (dict $app.database.env $app.database.default) $app.environment }}
{{- with .Values.database }}
{{- $secret := .existingSecret | default (dict "name" $own) }}
{{- $_ := set $env $app.database.env (merge (dict) $secret (dict "key" $app.database.env)) }}
{{- with $app.database.poolEnv }}
{{- $_ := set $env . (include "app.databasePool" $) }}
{{- end }}
{{- end }}
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

{{- /* A variable of a container. A doubled $ keeps Kubernetes from expanding $(NAME). */}}
{{- define "app.variable" -}}
- name: {{ .name | quote }}
  {{- if kindIs "string" .source }}
  value: {{ .source | replace "$" "$$" | quote }}
  {{- else }}
  valueFrom:
    secretKeyRef:
      name: {{ .source.name | quote }}
      key: {{ .source.key | quote }}
      {{- if .source.optional }}
      optional: true
      {{- end }}
  {{- end }}
{{- end }}

{{- /* A probe: the user's timings, and the runtime's path unless a handler is given. */}}
{{- define "app.probe" -}}
{{- if not (or .probe.httpGet .probe.exec .probe.tcpSocket .probe.grpc) -}}
httpGet:
  path: {{ .path | quote }}
  port: http
{{ end }}
{{- toYaml .probe }}
{{- end }}
