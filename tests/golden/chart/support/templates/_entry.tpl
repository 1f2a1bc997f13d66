{{- /* The paths that are routed from outside, as JSON: each with a `type` of Prefix or Exact. */}}
{{- define "chartgen.routedPaths" -}}
{{- $app := .Files.Get "app.json" | fromJson }}
{{- $paths := list (dict "path" $app.health.liveness "type" "Exact") }}
{{- $wanted := list }}
{{- if ne .Values.routes "mcp" }}
{{- $wanted = $app.callPaths }}
{{- end }}
{{- if and $app.mcp.path (ne .Values.routes "flows") }}
{{- $wanted = append $wanted $app.mcp.path }}
{{- end }}
{{- range $wanted }}
{{- $paths = append $paths (dict "path" . "type" "Prefix") }}
{{- end }}
{{- $paths | toJson }}
{{- end }}

{{- /* Where callers from outside find the flows, as far as the values tell. */}}
{{- define "chartgen.address" -}}
{{- $ingress := .Values.ingress }}
{{- if and $ingress.enabled $ingress.hosts }}
{{- printf "%s://%s" (ternary "https" "http" (not (empty $ingress.tls))) (first $ingress.hosts).host }}
{{- else if and .Values.httpRoute.enabled .Values.httpRoute.hostnames }}
{{- /* A route does not tell whether its Gateway speaks TLS. */}}
{{- printf "https://%s" (first .Values.httpRoute.hostnames) }}
{{- end }}
{{- end }}
