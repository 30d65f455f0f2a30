# The bot, with the very versions that its tests ran with: each package is checked against its hash.
FROM python:3.11-slim
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY bot ./bot
COPY storage ./storage
RUN useradd --system doorstep
USER doorstep
CMD ["python", "-m", "bot", "run"]
