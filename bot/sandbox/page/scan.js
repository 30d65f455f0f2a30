/** Reading a QR code off a picture in a chat, as a phone's camera would; the reader is fetched when there is a picture. */

const LARGEST_PX = 800;
let reader = null;

async function loadReader() {
  reader ??= import("./vendor/jsqr/jsQR.js").then(() => window.jsQR);
  return reader;
}

/** The text of the QR code in an image that is loaded, or null. */
export async function scan(image) {
  const shrink = Math.min(1, LARGEST_PX / Math.max(image.naturalWidth, image.naturalHeight, 1));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * shrink));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * shrink));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const read = await loadReader();
  return read(data, width, height)?.data || null;
}
