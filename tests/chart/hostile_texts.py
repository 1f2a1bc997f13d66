"""133 texts and more that YAML, templates, shells or Kubernetes read as something else."""

from __future__ import annotations

from tests.hostile import HOSTILE

# What YAML 1.1 or 1.2, in some parser, takes for a number, a truth, nothing or a date.
_NUMBERS = (
    *("1E5", "1e-5", "+.5", ".5", "5.", "1.0", "1_000", "0x1F", "0b101", "0o777", "0777", "017"),
    *("00", "-0", "+1", "-1", "1e999", "12e03", ".1e1", "1__0", "12:30:45", "190:20:30", "1:2"),
    *(".inf", "-.INF", ".NaN", "NaN", "Infinity", "9223372036854775808", "1.10", "2e2", "0.0"),
)
_WORDS = (
    *("Yes", "YES", "No", "NO", "no", "y", "Y", "N", "True", "TRUE", "true", "False", "FALSE"),
    *("false", "On", "ON", "on", "Off", "OFF", "off", "Null", "NULL", "nil", "None", "none"),
    *("undefined", "void", "2026-11-20", "2026-11-20T10:00:00Z", "2001-12-14t21:59:43.10-05:00"),
    *("=", "<<"),
)
_YAML = (
    *("---", "...", "--- a", "- - a", "? a", ": a", "a:", "a: ", "key: [1, 2]", "{a: 1}", "[a, b]"),
    *("&anchor", "*alias", "!!int 3", "!tag a", "| ", "|-\n  block", ">\n  folded", "a # comment"),
    *("'", "''", '"', '""', "'a", '"a', "a'b\"c", "`", "@", "%YAML 1.2", "\\", "\\\\", "\\u0000"),
    *("\\n", "\\x41", "\t", "a\tb", "\ttab", " leading", "trailing ", "\n", "\n\n", "a\n", "\na"),
    *("a\n  b\n", "a\r", "\r\n", "a\n---\nb: c", "a\n...\n", "a\n# b"),
)
_TEMPLATES = (
    *("{{", "}}", "{{ .Values }}", "{{- end }}", "{{/*", "{%"),
    '{{ include "chartgen.secretData" . }}',
    *(
        "%}",
        "${HOME}",
        "$(LANGFLOW_API_KEY)",
        "$$(HOME)",
        "$",
        "$$",
        "$$$",
        "$(",
        "%s %d %!",
        "#{x}",
    ),
)
_OTHERS = (
    *(
        "$(id)",
        "`id`",
        "; reboot",
        "| cat /etc/passwd",
        "&& true",
        "> /dev/null",
        "a'; --",
        "*",
        "?",
    ),
    *(
        '{"a": "b"}',
        '["a"]',
        '"a", "b"',
        "</script>",
        "<!-- -->",
        "&amp;",
        "a&b=c",
        "?a=b#c",
        "%00",
    ),
    *(
        "../../etc/passwd",
        "/",
        "//",
        "C:\\Windows",
        "user:pass@host",
        "a,b",
        "a=b",
        "a==b",
        "-a",
        "--b",
    ),
    *("é", "e\u0301", "日本語", "ไทย", "\u202eright to left", "\u200b", "\u00a0", "\u3000", "ﬁ"),
    *("🏳️‍🌈", "𝕏", "\U0010fffd", "\ue000", "\u0080", "\x01", "\x1f", "\x7f", "\x0b\x0c", "\x1b[2J"),
    *("a" * 63, "a" * 253, "b" * 5_000, "word " * 500, "ä" * 200),
)
# The empty text is no text: it means that a value is not set.
TEXTS = tuple(
    text
    for text in dict.fromkeys((*HOSTILE, *_NUMBERS, *_WORDS, *_YAML, *_TEMPLATES, *_OTHERS))
    if text
)
