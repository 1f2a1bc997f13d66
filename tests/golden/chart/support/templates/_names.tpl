{{- /* A `text` cut to a `length`, with no dash at the end. */}}
{{- define "chartgen.cut" -}}
{{- regexReplaceAll "-+$" (trunc (int .length) .text) "" }}
{{- end }}

{{- /* Name of the application: label value and first part of names. */}}
{{- define "chartgen.name" -}}
{{- include "chartgen.cut" (dict "text" (.Values.nameOverride | default .Chart.Name) "length" 52) }}
{{- end }}

{{- /* Name of all objects of a release, with room for a suffix. */}}
{{- define "chartgen.fullname" -}}
{{- $name := include "chartgen.name" . }}
{{- $release := .Release.Name | replace "." "-" }}
{{- $both := ternary $release (printf "%s-%s" $release $name) (contains $name $release) }}
{{- include "chartgen.cut" (dict "text" (.Values.fullnameOverride | default $both) "length" 52) }}
{{- end }}

{{- define "chartgen.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "chartgen.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- /*
Metadata of an object. It takes a dict: `root`, and what differs from object to object, which is
`name`, or the `suffix` of the release's name, `component`, `moreLabels` and `annotations`.
*/}}
{{- define "chartgen.metadata" -}}
{{- $name := include "chartgen.fullname" .root }}
{{- with .suffix }}
{{- $name = printf "%s-%s" $name . }}
{{- end -}}
name: {{ .name | default $name | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "chartgen.labels" . | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- include "chartgen.texts" . | trim | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Labels by which a release finds its pods; they never change, so no version is among them. */}}
{{- define "chartgen.selectorLabels" -}}
app.kubernetes.io/name: {{ include "chartgen.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- /* The same for pods of another `component`, such as `test`: no selector of the flows matches. */}}
{{- define "chartgen.componentLabels" -}}
{{- if .component -}}
app.kubernetes.io/name: {{ printf "%s-%s" (include "chartgen.name" .root) .component | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | quote }}
{{- else -}}
{{ include "chartgen.selectorLabels" .root }}
app.kubernetes.io/component: "runtime"
{{- end }}
{{- end }}

{{- define "chartgen.labels" -}}
{{ include "chartgen.componentLabels" . }}
app.kubernetes.io/version: {{ include "chartgen.labelValue" .root.Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ include "chartgen.labelValue" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) }}
{{- with merge (dict) (.root.Values.commonLabels | default dict) (.moreLabels | default dict) }}
{{- include "chartgen.texts" . }}
{{- end }}
{{- end }}

{{- /* A version as a label value: no "+", at most 63 characters, a letter or digit at the end. */}}
{{- define "chartgen.labelValue" -}}
{{- . | replace "+" "_" | trunc 63 | regexFind ".*[A-Za-z0-9]" | quote }}
{{- end }}

{{- /* A map of texts: what looks like a number stays a text. */}}
{{- define "chartgen.texts" -}}
{{- range $key, $value := . }}
{{ $key | quote }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* A value as it is. Helm's toYaml gives nothing at all, and no error, for some characters. */}}
{{- define "chartgen.yaml" -}}
{{- $text := toYaml . }}
{{- if and . (not $text) }}
{{- fail "a value holds a character that YAML cannot carry: look for control characters in your values" }}
{{- end }}
{{- $text }}
{{- end }}
