#!/bin/sh
# Makes the secrets that compose.yaml mounts, in secrets/ beside this file. What is there already stays.
#
# The folder is for its owner alone. The files in it have to be readable by everybody who gets in: compose mounts them
# as they are, and the container's user is another one.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets

keep() { # NAME: from standard input, unless it is there
  if [ -e "secrets/$1" ]; then
    echo "secrets/$1 is there already"
  else
    cat > "secrets/$1.new"
    chmod 444 "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
    echo "secrets/$1 made"
  fi
}

openssl rand -hex 24 | keep database_password
printf 'postgresql://gateway:%s@database/gateway\n' "$(cat secrets/database_password)" | keep database_url
openssl rand -base64 48 | keep jwt_secret
