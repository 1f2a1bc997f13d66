{{- /* OpenShift gives pods their user itself, and its DNS listens on 5353. */}}
{{- define "chartgen.onOpenShift" -}}
{{- if .Capabilities.APIVersions.Has "security.openshift.io/v1" }}true{{ end }}
{{- end }}

{{- define "chartgen.podSecurityContext" -}}
{{- $context := .Values.podSecurityContext | default dict }}
{{- if include "chartgen.onOpenShift" . }}
{{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}
{{- end }}
{{- if not ($context.seccompProfile | default dict).type }}
{{- $context = omit $context "seccompProfile" }}
{{- end }}
{{- include "chartgen.yaml" $context }}
{{- end }}

{{- /* What all pods of a release share. */}}
{{- define "chartgen.podBasics" -}}
serviceAccountName: {{ include "chartgen.serviceAccountName" . | quote }}
{{- /* Links of a Service would set variables that the runtime takes for its settings. */}}
enableServiceLinks: false
{{- if not .Values.hostUsers }}
hostUsers: false
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- include "chartgen.yaml" . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "chartgen.podSecurityContext" . | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- include "chartgen.yaml" . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- include "chartgen.yaml" . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* An image (`image`), from the registry that all images come from when there is one. */}}
{{- define "chartgen.fromRegistry" -}}
{{- $image := .image }}
{{- with (.root.Values.global | default dict).imageRegistry }}
{{- $image = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $image "") }}
{{- end }}
{{- $image }}
{{- end }}

{{- /* The image of the flows, pinned by its digest when there is one. */}}
{{- define "chartgen.image" -}}
{{- $image := .Values.image }}
{{- $tag := $image.tag }}
{{- if not (or $tag $image.digest) }}
{{- $tag = .Chart.AppVersion | replace "+" "_" }}
{{- end }}
{{- include "chartgen.fromRegistry" (dict "root" . "image" $image.repository) }}{{ with $tag }}:{{ . }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- /* A probe: the user's timings, and the runtime's path unless a handler is given. */}}
{{- define "chartgen.probe" -}}
{{- if not (or .probe.httpGet .probe.exec .probe.tcpSocket .probe.grpc) -}}
httpGet:
  path: {{ .path | quote }}
  port: http
{{ end }}
{{- include "chartgen.yaml" .probe }}
{{- end }}

{{- /* What a claim asks for. */}}
{{- define "chartgen.claim" -}}
accessModes:
  - ReadWriteOnce
{{- with .storageClassName }}
storageClassName: {{ . | quote }}
{{- end }}
resources:
  requests:
    storage: {{ .size | quote }}
{{- end }}
