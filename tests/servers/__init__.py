"""Real servers as child processes: a RabbitMQ node, a mongod, an S3 server, each in a folder.

They can be killed, stopped, continued and started again on the same port with the same data.
"""

from tests.servers.mongod import Mongod
from tests.servers.process import ServerProcess, free_port
from tests.servers.rabbitmq import RabbitMQ, why_no_rabbitmq
from tests.servers.s3 import S3Server

__all__ = ["Mongod", "RabbitMQ", "S3Server", "ServerProcess", "free_port", "why_no_rabbitmq"]
