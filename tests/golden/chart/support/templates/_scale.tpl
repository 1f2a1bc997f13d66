{{- /* The fewest pods that there may be, and the most. */}}
{{- define "chartgen.fewest" -}}
{{- ternary .Values.autoscaling.minReplicas .Values.replicaCount .Values.autoscaling.enabled | int }}
{{- end }}

{{- define "chartgen.most" -}}
{{- ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled | int }}
{{- end }}

{{- /* Not all on one node, nor in one zone, where that can be had. */}}
{{- define "chartgen.spread" -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "chartgen.selectorLabels" $ | nindent 6 }}
  {{- /* Of one version: during an update the old pods do not count. */}}
  matchLabelKeys:
    - pod-template-hash
{{- end }}
{{- end }}
