"""Which links Telegram takes in buttons and texts."""

from urllib.parse import urlsplit


def why_wrong(url: str) -> str | None:
    """Say in Telegram's words what is wrong with a link, or None when it is good."""
    if not url or any(char.isspace() for char in url):
        return "URL host is empty" if not url else "Wrong HTTP URL"
    scheme = url.split(":", 1)[0].lower() if ":" in url.split("/", 1)[0] else ""
    if scheme in ("tg", "ton", "tonsite"):
        return None
    if "://" not in url:
        # "tel:+1…", "geo:1,2" and "mailto:…" are refused, "example.com" is taken as http.
        if scheme and not url.split(":", 1)[1][:1].isdigit():
            return "Unsupported URL protocol"
        if scheme and "." not in scheme:
            return "Unsupported URL protocol"
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "Wrong port number specified in the URL"
    if parts.scheme not in ("http", "https"):
        return "Unsupported URL protocol"
    if not host:
        return "URL host is empty"
    if "." not in host and ":" not in host:
        return "Wrong HTTP URL"  # localhost is one of these
    return None


def checked_link(url: str) -> str | None:
    """Give the link as Telegram stores it (a scheme in front), or None when Telegram would drop it."""
    if why_wrong(url) is not None:
        return None
    if "://" in url or url.split(":", 1)[0] in ("tg", "ton", "tonsite"):
        return url
    return f"http://{url}/" if "/" not in url else f"http://{url}"
