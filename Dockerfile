# Two stages: the first one installs and collects, the second one runs as nobody in particular, without compilers.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir -r requirements.txt
COPY . .
# Collecting needs settings, not servers; these keys serve this one command and are not in the image.
RUN DJANGO_SETTINGS_MODULE=config.settings.production SECRET_KEY=only-for-collecting-static-files-0123456789 \
    FIELD_ENCRYPTION_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ADDRESS_HASH_KEY=only-for-collecting \
    /venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim
ENV DJANGO_SETTINGS_MODULE=config.settings.production PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ferry && install -d -o ferry /app/var/files /app/var/state
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER ferry
EXPOSE 8000
CMD ["granian", "--interface", "asginl", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "config.asgi:application"]
