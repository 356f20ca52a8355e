#!/bin/sh
# Starts a member of the replica set. mongod refuses a key that others may read, and a mounted
# secret can't choose its owner, so mongod reads a copy of its own, in memory.
set -eu
umask 077
cp /run/secrets/mongo_keyfile /tmp/keyfile
exec mongod --replSet rs0 --keyFile /tmp/keyfile --bind_ip_all --dbpath /data/db --nounixsocket "$@"
