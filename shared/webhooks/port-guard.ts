// Ports at which something other than a web server listens: a request there could be read as that protocol's commands.
// What browsers refuse (the Fetch standard's "bad ports"), and the stores and control doors of servers.

/** The scheme's own port is written as none. */
export const isForbiddenPort = (port: string): boolean => port !== "" && FORBIDDEN.has(Number(port));

const BAD_PORTS = [
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];
const SERVERS_OWN = [
  88, // Kerberos
  445, // SMB
  873, // rsync
  1433, // SQL Server
  1521, // Oracle
  1883, // MQTT
  2181, // ZooKeeper
  2375, // Docker
  2376,
  2379, // etcd
  2380,
  3306, // MySQL
  3389, // RDP
  4369, // Erlang's port mapper
  5432, // PostgreSQL
  5671, // AMQP
  5672,
  5900, // VNC
  6379, // Redis
  8883, // MQTT
  9042, // Cassandra
  9092, // Kafka
  9300, // Elasticsearch's nodes
  10250, // kubelet
  11211, // memcached
  27017, // MongoDB
];
const FORBIDDEN: ReadonlySet<number> = new Set([...BAD_PORTS, ...SERVERS_OWN]);
