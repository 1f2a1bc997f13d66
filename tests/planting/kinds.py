"""The kinds of secrets: what each one looks like, made at random and the same in every run."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable

LETTERS, DIGITS = string.ascii_letters, string.digits
ALPHABETS = {
    "w": LETTERS + DIGITS,
    "u": string.ascii_uppercase + DIGITS,
    "a": string.ascii_uppercase + "234567",
    "h": "0123456789abcdef",
    "l": string.ascii_lowercase + DIGITS,
    "p": LETTERS,
    "d": DIGITS,
}
# Prefix and body: `w40` is forty letters and digits, `h32` hexadecimal digits, and so on; what is
# between commas and no such thing stands for itself.
VENDORS = {
    "OpenAI": "sk-,proj-,w74,T3Blbk,FJ,w74",
    "OpenAI, old": "sk-,w20,T3Blbk,FJ,w20",
    "Anthropic": "sk-,ant-,api03-,w93,AA",
    "OpenRouter": "sk-,or-,v1-,h64",
    "Langfuse": "sk-,lf-,h8,-,h4,-,h4,-,h4,-,h12",
    "DeepSeek": "sk-,h32",
    "Groq": "gs,k_,w52",
    "Google": "AI,za,w35",
    "Google OAuth": "GOC,SPX-,w28",
    "Hugging Face": "h,f_,p34",
    "NVIDIA": "nv,api-,w64",
    "Pinecone": "pc,sk_,w6,_,w63",
    "Tavily": "tv,ly-,w32",
    "Perplexity": "pp,lx-,w48",
    "xAI": "xa,i-,w80",
    "Replicate": "r,8_,w37",
    "Cerebras": "cs,k-,l48",
    "Together": "tgp,_v1_,w43",
    "LlamaCloud": "ll,x-,w48",
    "LangSmith": "ls,v2_pt_,h32,_,h10",
    "Firecrawl": "f,c-,h32",
    "Apify": "api,fy_api_,w36",
    "Astra DB": "Astra,CS:,p24,:,h64",
    "AWS": "AK,IA,a16",
    "Bedrock": "AB,SK,w130",
    "GitHub": "gh,p_,w36",
    "GitHub, fine-grained": "github,_pat_,w22,_,w59",
    "GitLab": "gl,pat-,w20",
    "Slack": "xo,xb-,d12,-,d12,-,w24",
    "Stripe": "sk_,live_,w24",
    "SendGrid": "S,G.,w22,.,w43",
    "Databricks": "da,pi,h32",
    "Notion": "nt,n_,d11,w35",
    "Airtable": "pa,t,w14,.,h64",
    "Linear": "li,n_api_,w40",
    "Supabase": "sb,p_,l40",
    "npm": "np,m_,w36",
    "PyPI": "py,pi-AgEIcHlwaS5vcmc,w90",
    "DigitalOcean": "do,p_v1_,h64",
    "Docker Hub": "dc,kr_pat_,w27",
    "Twilio": "S,K,h32",
    "Vault": "hv,s.,w96",
    "JSON web token": "ey,JhbGciOiJIUzI1NiJ9,.ey,J,w40,.,w43",
    "private key": "-----BEGIN ,RSA PRIV,ATE KEY-----\n,w64,\n,w64,\n-----END ,RSA PRIV,ATE KEY"
    ",-----",
}
# What has no form of its own: found by its name or its place, or not at all.
FORMLESS = {
    "32 hexadecimal digits": "h32",
    "40 letters and digits": "w40",
    "a UUID": "h8,-,h4,-,4,h3,-,h4,-,h12",
    "a password": "p6,-,d3,-,p5,!",
}
URLS = {
    "PostgreSQL": "postgresql://bot:{}@db.acme.io:5432/crm",
    "MySQL": "mysql+pymysql://bot:{}@10.1.2.3/crm",
    "MongoDB": "mongodb+srv://bot:{}@cluster0.ab1cd.mongodb.net/crm",
    "Redis, no user": "redis://:{}@cache.acme.io:6379/0",
    "AMQP": "amqps://bot:{}@mq.acme.io/crm",
    "Snowflake": "snowflake://bot:{}@acme-eu1/crm?warehouse=main",
    "HTTPS": "https://bot:{}@crm.acme.io/v1",
    "JDBC": "jdbc:postgresql://db.acme.io/crm?user=bot&password={}",
    "a slash in it": "postgresql://bot:ab/{}@db.acme.io/crm",
    "an at sign in it": "postgresql://bot:ab@{}@db.acme.io/crm",
    "api_key": "https://crm.acme.io/v1/find?lang=en&api_key={}",
    "key": "https://maps.acme.io/geo?key={}&q=1",
    "access_token": "https://graph.acme.io/me?access_token={}",
    "signature": "https://acme.blob.core.windows.net/a/b?sv=2024-11-04&sp=r&sig={}",
    "token as user": "https://{}@git.acme.io/team/bots.git",
    "Slack's webhook": "https://hooks.slack.com/services/T024BE7LD/B0{}",
    "Discord's webhook": "https://discord.com/api/webhooks/1199876543210/{}",
}
STRINGS = {
    "SQL Server": "Server=tcp:db.acme.io,1433;Database=crm;User ID=bot;Password={};Encrypt=true;",
    "libpq": "host=db.acme.io port=5432 dbname=crm user=bot password={}",
    "Azure storage": "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={};",
    "Service Bus": "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=all;"
    "SharedAccessKey={}",
    "ODBC": "Driver={{ODBC 18}};Server=db.acme.io;UID=bot;PWD={};",
}


def make(shape: str, seed: str) -> str:
    """The secret of a shape."""
    dice = random.Random(f"{shape} {seed}")  # noqa: S311 - a test's, and the same each time
    return "".join(_part(part, dice) for part in shape.split(","))


def _part(part: str, dice: random.Random) -> str:
    alphabet, count = ALPHABETS.get(part[:1]), part[1:]
    if alphabet is None or not count.isdigit():
        return part
    # Letters and digits are both in it, wherever there is room.
    sure = [dice.choice([c for c in alphabet if c.isdigit()] or alphabet)]
    sure += [dice.choice([c for c in alphabet if c.isalpha()] or alphabet)]
    body = [dice.choice(alphabet) for _ in range(int(count))]
    body[1 : 1 + len(sure)] = sure[: max(0, int(count) - 1)]
    return "".join(body[: int(count)])


def vendors() -> dict[str, str]:
    """A key of each vendor."""
    return {name: make(shape, name) for name, shape in VENDORS.items()}


def formless() -> dict[str, str]:
    """A secret of each kind that has no form."""
    return {name: make(shape, name) for name, shape in FORMLESS.items()}


def urls() -> dict[str, tuple[str, str]]:
    """Each URL with a secret in it, and the secret."""
    return _filled(URLS, lambda name: make("w24", name))


def strings() -> dict[str, tuple[str, str]]:
    """Each connection string, and the secret in it."""
    return _filled(STRINGS, lambda name: make("w43,=" if name == "Service Bus" else "w18", name))


def _filled(shapes: dict[str, str], secret: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    return {name: (shape.format(secret(name)), secret(name)) for name, shape in shapes.items()}


def basic(user: str, password: str) -> str:
    """A user and a password as the header `Authorization` has them."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()
