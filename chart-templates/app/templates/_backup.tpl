{{- /* Settings of `pg_dump` and of the upload, as JSON: name -> text, or {name, key} of a Secret. */}}
{{- define "chartgen.backupEnv" -}}
{{- $database := .Values.database }}
{{- $s3 := .Values.backup.s3 }}
{{- $env := pick (include "chartgen.databaseEnv" . | fromJson) "PGPASSWORD" }}
{{- with $database.tls }}
{{- $_ := set $env "PGSSLMODE" .mode }}
{{- if .caSecret }}
{{- $_ := set $env "PGSSLROOTCERT" (include "chartgen.authorityFile" $) }}
{{- end }}
{{- end }}
{{- $env = merge $env (dict "HOME" "/tmp" "PGHOST" $database.host "PGPORT" (include "chartgen.databasePort" .) "PGDATABASE" $database.name "PGUSER" $database.user) }}
{{- if $s3.bucket }}
{{- $env = merge $env (dict "RCLONE_S3_PROVIDER" "Other" "RCLONE_S3_ENV_AUTH" "true" "RCLONE_S3_ENDPOINT" $s3.endpoint "RCLONE_S3_REGION" $s3.region "BUCKET" (printf ":s3:%s" $s3.bucket)) }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
{{- $_ := set $env . (dict "name" $s3.existingSecret "key" .) }}
{{- end }}
{{- end }}
{{- $env | toJson }}
{{- end }}

{{- /* A container of the backup: it takes `root`, its `name`, `image` and the `script` of its shell. */}}
{{- define "chartgen.backupContainer" -}}
{{- $env := dict "root" .root "env" (include "chartgen.backupEnv" .root | fromJson) -}}
- name: {{ .name }}
  image: {{ include "chartgen.fromRegistry" . | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command:
    - sh
    - -euc
    - |
      {{- if include "chartgen.hasFiles" $env }}
      for file in {{ (.root.Files.Get "app.json" | fromJson).credentialsFolder }}/*; do
        export "${file##*/}=$(cat "$file")"
      done
      {{- end }}
      {{- .script | nindent 6 }}
  env:
    {{- include "chartgen.variables" $env | trim | nindent 4 }}
  resources:
    {{- include "chartgen.yaml" .root.Values.backup.resources | nindent 4 }}
  securityContext:
    {{- include "chartgen.yaml" .root.Values.securityContext | nindent 4 }}
  volumeMounts:
    - name: backup
      mountPath: /backup
    - name: temporary
      mountPath: /tmp
    {{- with include "chartgen.credentialMount" $env | trim }}{{ . | nindent 4 }}{{ end }}
    {{- with include "chartgen.authorityMount" .root | trim }}{{ . | nindent 4 }}{{ end }}
{{- end }}

{{- /* A dump has its name once it is whole. */}}
{{- define "chartgen.dumpScript" -}}
umask 077
file="/backup/$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump"
pg_dump --format=custom --file="$file.part"
mv "$file.part" "$file"
ls /backup/*.dump | sort | head -n -{{ .Values.backup.keep | int }} | xargs -r rm --
{{- end }}
