#!/bin/sh
# The image of PostgreSQL runs this once, on an empty volume.
set -eu
psql --username "$POSTGRES_USER" --no-psqlrc --quiet \
  -v owner_password="$QUIRE_OWNER_PASSWORD" -v app_password="$QUIRE_APP_PASSWORD" -f /quire/database.sql
