// A josephk where clients log in, in a process of its own: prints where, and ends with its standard input.
import { Cluster } from '../../lib/index.ts'

/** The keytab of the service, where there is a KDC. */
const [keytab] = process.argv.slice(2)
const kerberos = keytab === undefined ? {} : { kerberos: { keytab } }
const cluster = await Cluster.start({
  listeners: [
    { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT', ...kerberos },
    { name: 'SECURE', securityProtocol: 'SASL_SSL', ...kerberos },
  ],
  users: [{ name: 'alice', password: 'secret' }],
})
const [plain, tls] = (cluster.brokers[0]?.listeners ?? []).map(({ address }) => address)
const token = await cluster.oauth.issue({ subject: 'alice' })
console.log(JSON.stringify({ plain, tls, ca: cluster.certificates.ca, token }))
process.stdin.resume().once('end', () => cluster.stop())
