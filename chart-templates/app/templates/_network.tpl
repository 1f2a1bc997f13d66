{{- /*
Where the pods may go, as JSON: a list of {port, and one of name, cidr, namespace}. Kubernetes knows
addresses and namespaces, no names: what is no address and no Service of the cluster is `name`.
*/}}
{{- define "chartgen.destinations" -}}
{{- $asked := .Values.networkPolicy.egress | default list }}
{{- range list .Values.tracing.langfuse.baseUrl .Values.tracing.otlp.endpoint }}
{{- with . }}
{{- $asked = append $asked (include "chartgen.destination" . | fromJson) }}
{{- end }}
{{- end }}
{{- $found := list }}
{{- range $asked }}
{{- $labels := splitList "." .host }}
{{- $place := dict "name" .host }}
{{- if regexMatch `^[0-9]+(\.[0-9]+){3}$` .host }}
{{- $place = dict "cidr" (printf "%s/32" .host) }}
{{- else if eq (len $labels) 1 }}
{{- $place = dict "namespace" $.Release.Namespace }}
{{- else if regexMatch `^[^.]+\.[^.]+\.svc(\.|$)` .host }}
{{- $place = dict "namespace" (index $labels 1) }}
{{- end }}
{{- $found = append $found (merge $place (dict "port" (int .port))) }}
{{- end }}
{{- $found | toJson }}
{{- end }}

{{- /* Host and port of a URL, as JSON. */}}
{{- define "chartgen.destination" -}}
{{- $url := urlParse . }}
{{- $port := regexFind `[0-9]+$` (regexFind `:[0-9]+$` $url.host) }}
{{- dict "host" (regexReplaceAll `:[0-9]+$` $url.host "") "port" ($port | default (ternary "80" "443" (eq $url.scheme "http")) | int) | toJson }}
{{- end }}

{{- /*
Everywhere outside, as peers; private networks only when they are asked for, and never the metadata
services of clouds, which hand out credentials.
*/}}
{{- define "chartgen.outside" -}}
{{- if .Values.networkPolicy.privateNetworks }}
{{- include "chartgen.anywhere" . }}
{{- else -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except:
      - 10.0.0.0/8
      - 100.64.0.0/10
      - 168.63.129.16/32
      - 169.254.0.0/16
      - 172.16.0.0/12
      - 192.0.0.192/32
      - 192.168.0.0/16
- ipBlock:
    cidr: ::/0
    except:
      - fc00::/7
      - fe80::/10
{{- end }}
{{- end }}

{{- /* Names of hosts are asked for wherever the cluster answers them. */}}
{{- define "chartgen.nameServers" -}}
- ports:
    {{- range $port := ternary (list 53 5353) (list 53) (ne (include "chartgen.onOpenShift" .) "") }}
    - port: {{ $port }}
      protocol: UDP
    - port: {{ $port }}
      protocol: TCP
    {{- end }}
{{- end }}

{{- /* Inside and outside, but for the metadata services: of Alibaba, Azure, most others, and Oracle. */}}
{{- define "chartgen.anywhere" -}}
- namespaceSelector: {}
- ipBlock:
    cidr: 0.0.0.0/0
    except:
      - 100.100.100.200/32
      - 168.63.129.16/32
      - 169.254.0.0/16
      - 192.0.0.192/32
- ipBlock:
    cidr: ::/0
    except:
      - fd00:ec2::254/128
      - fd20:ce::254/128
      - fe80::/10
{{- end }}

{{- /* The database: nobody knows whether it is in the cluster, nearby or far away. */}}
{{- define "chartgen.databaseEgress" -}}
- ports:
    - port: {{ include "chartgen.databasePort" . }}
      protocol: TCP
  to:
    {{- include "chartgen.anywhere" . | nindent 4 }}
{{- end }}
