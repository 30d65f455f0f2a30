"""What is in a message of the bot: texts, captions, points, pictures and files, read from the parameters."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.entities import read_text, utf16
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.pictures import read_size
from bot.sandbox.records import JSON, File
from bot.sandbox.world import World

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_PHOTO = 10 * 1024 * 1024
MAX_UPLOAD = 50 * 1024 * 1024
LIVE_FOR_EVER = 0x7FFFFFFF

Upload = bytes | tuple[str, bytes]  # the bytes, or (file name, bytes)
Uploads = Mapping[str, Upload]


def text_content(params: JSON) -> JSON:
    """Read text, entities and preview of sendMessage and editMessageText."""
    text, entities = read_text(params["text"], params.get("parse_mode"), params.get("entities"))
    if not text:
        raise bad_request("text must be non-empty" if params["text"] else "message text is empty")
    if utf16(text) > MAX_TEXT:
        raise bad_request("message is too long")
    content: JSON = {"text": text}
    if entities:
        content["entities"] = entities
    preview = params.get("link_preview_options")
    if preview is None and params.get("disable_web_page_preview"):
        preview = {"is_disabled": True}
    if preview:
        content["link_preview_options"] = preview
    return content


def caption_content(params: JSON) -> JSON:
    """Read the caption of a picture or document; none is fine."""
    caption, entities = read_text(params.get("caption") or "", params.get("parse_mode"), params.get("caption_entities"))
    if utf16(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    content: JSON = {"caption": caption} if caption else {}
    if entities:
        content["caption_entities"] = entities
    if params.get("show_caption_above_media"):
        content["show_caption_above_media"] = True
    return content


def location_content(params: JSON) -> JSON:
    """Read a point in degrees and what belongs to a live location (period in seconds, heading, radius in metres)."""
    latitude, longitude = params["latitude"], params["longitude"]
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("invalid location specified")
    location: JSON = {"latitude": latitude, "longitude": longitude}
    period = params.get("live_period")
    if period is not None:
        if period != LIVE_FOR_EVER and not 60 <= period <= 86400:
            raise bad_request("wrong live location period specified")
        location["live_period"] = period
    for name in ("horizontal_accuracy", "heading", "proximity_alert_radius"):
        if name in params:
            location[name] = params[name]
    return location


# — files —


def _find_file(world: World, value: Any, name: str, uploads: Uploads, kind: str) -> File:
    upload = uploads.get(name) if value is None or str(value) == "" else None
    if isinstance(value, str) and value.startswith("attach://"):
        upload = uploads.get(value.removeprefix("attach://"))
        if upload is None:
            raise bad_request("attached file not found")
    if upload is None:
        file = world.files.get(str(value))
        if file is None or file.kind != kind:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return file
    file_name, data = upload if isinstance(upload, tuple) else ("file", upload)
    if not data:
        raise bad_request("file must be non-empty")
    if len(data) > MAX_UPLOAD:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo":
        if len(data) > MAX_PHOTO:
            raise bad_request(
                f"file of size {len(data)} bytes is too big for a photo; the maximum size is 10485760 bytes"
            )
        size = read_size(data)
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(size) > 10_000 or max(size) > 20 * max(1, min(size)):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return world.keep_file(data, kind, file_name, ".jpg")
    extension = "." + file_name.rsplit(".", 1)[1] if "." in file_name else ""
    return world.keep_file(data, kind, file_name, extension)


def photo_sizes(file: File) -> list[JSON]:
    """Describe a picture in two sizes, the larger last, as Telegram orders them."""
    width, height = read_size(file.data) or (320, 240)
    scale = min(1.0, 90 / max(width, height))
    base = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": len(file.data)}
    small = {**base, "file_unique_id": file.unique_id[:-1] + "s"}
    return [
        {**small, "width": max(1, round(width * scale)), "height": max(1, round(height * scale))},
        {**base, "width": width, "height": height},
    ]


def document_json(file: File) -> JSON:
    """Describe a file that was sent as one."""
    return {
        "file_name": file.name,
        "mime_type": "application/octet-stream",
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.data),
    }


def media_content(world: World, kind: str, params: JSON, name: str, uploads: Uploads) -> JSON:
    """Read a photo or document and its caption; `params[name]` is a file_id, attach://…, or absent for an upload."""
    caption = caption_content(params)
    file = _find_file(world, params.get(name), name, uploads, kind)
    if kind == "photo":
        spoiler: JSON = {"has_media_spoiler": True} if params.get("has_spoiler") else {}
        return {"photo": photo_sizes(file)} | spoiler | caption
    return {"document": document_json(file)} | caption


def input_media(world: World, item: Any, uploads: Uploads) -> JSON:
    """Read one InputMedia of an album or of editMessageMedia."""
    if not isinstance(item, Mapping) or item.get("type") not in ("photo", "document"):
        raise bad_request("can't parse InputMedia: media type must be photo or document in this sandbox")
    return media_content(world, str(item["type"]), dict(item), "media", uploads)
