"""Real servers as child processes, each in a folder: RabbitMQ, mongod, S3, LayerLab's services.

They can be killed, stopped, continued and started again on the same port with the same data.
"""

from tests.servers.mongod import Mongod
from tests.servers.process import ServerProcess, free_port
from tests.servers.rabbitmq import RabbitMQ, why_no_rabbitmq
from tests.servers.s3 import S3Server
from tests.servers.service import Service

__all__ = [
    "Mongod",
    "RabbitMQ",
    "S3Server",
    "ServerProcess",
    "Service",
    "free_port",
    "why_no_rabbitmq",
]
