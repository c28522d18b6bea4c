// The throw-away authority's certificates, and whom a certificate is about.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { subjectOf } from '../../../../lib/security/tls/distinguished-name.ts'
import { ThrowawayAuthority } from '../../../../lib/security/tls/throwaway-authority.ts'
import { repositoryRoot } from '../../../helpers/real-kafka/classpath.ts'

interface Subject {
  readonly certificate: string
  /** What `X500Principal.getName()` of Java 17 says. */
  readonly name: string
}

t.test('subjects are written as Java writes them', async (t) => {
  const path = join(repositoryRoot(), 'fixtures', 'tls', 'subjects.json')
  const subjects = JSON.parse(readFileSync(path, 'utf8')) as Subject[]
  t.ok(subjects.length > 5)
  for (const { certificate, name } of subjects) t.equal(subjectOf(Buffer.from(certificate, 'base64')), name)
})

t.test('what is no certificate has no subject', async (t) => {
  const [subject] = JSON.parse(
    readFileSync(join(repositoryRoot(), 'fixtures', 'tls', 'subjects.json'), 'utf8'),
  ) as [Subject]
  const certificate = Buffer.from(subject.certificate, 'base64')
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from([0x30]),
    Buffer.from('3000', 'hex'),
    certificate.subarray(0, 99),
  ]) {
    t.throws(() => subjectOf(bytes), RangeError, bytes.toString('hex'))
  }
})

t.test('certificates of clients and servers say what was asked for, and no more', async (t) => {
  const authority = await ThrowawayAuthority.create()
  const ca = new X509Certificate(authority.ca)
  t.equal(ca.ca, true)

  const client = await authority.issue({
    commonName: ' Ü, O=other + "x"\\y #=1; <z> ',
    organizationalUnit: 'a=b',
    organization: '#Acme, Inc. ',
    country: 'DE',
  })
  const ofClient = new X509Certificate(client.cert)
  t.equal(
    subjectOf(ofClient.raw),
    String.raw`CN=\ Ü\, O\=other \+ \"x\"\\y \#\=1\; \<z\>\ ,OU=a\=b,O=\#Acme\, Inc.\ ,C=DE`,
  )
  t.ok(ofClient.checkIssued(ca) && ofClient.verify(ca.publicKey))
  t.equal(ofClient.ca, false)
  t.same(ofClient.keyUsage, ['1.3.6.1.5.5.7.3.2'], 'for clients only')
  t.ok(Date.parse(ofClient.validFrom) < Date.now() - 3_600_000)
  t.ok(Date.parse(ofClient.validTo) > Date.now() + 3_600_000)

  const notBefore = Date.UTC(2020, 0, 1)
  const notAfter = Date.UTC(2020, 0, 2)
  const hosts = ['kafka.test', 'bücher.test', '*.wild.test', '10.1.2.3', '::1']
  const server = await authority.issue({ commonName: 'kafka.test', hosts, notBefore, notAfter })
  const ofServer = new X509Certificate(server.cert)
  t.equal(ofServer.checkHost('kafka.test'), 'kafka.test')
  t.equal(ofServer.checkHost('xn--bcher-kva.test'), 'xn--bcher-kva.test')
  t.equal(ofServer.checkHost('one.wild.test'), '*.wild.test')
  t.equal(ofServer.checkIP('10.1.2.3'), '10.1.2.3')
  t.ok(ofServer.checkIP('::1'))
  t.equal(ofServer.checkHost('other.test'), undefined)
  t.same([ofServer.validFrom, ofServer.validTo].map(Date.parse), [notBefore, notAfter])
})

t.test('two authorities are never taken for each other', async (t) => {
  const [one, other] = [await ThrowawayAuthority.create(), await ThrowawayAuthority.create()]
  const names = [one, other].map(({ ca }) => subjectOf(new X509Certificate(ca).raw))
  t.not(names[0], names[1])
  const issued = new X509Certificate((await one.issue({ commonName: 'x' })).cert)
  t.equal(issued.checkIssued(new X509Certificate(other.ca)), false)
})

t.test('certificates name the keys that sign and are signed, as strict verifiers want it', async (t) => {
  const x509 = await import('@peculiar/x509')
  const authority = await ThrowawayAuthority.create()
  const server = await authority.issue({ commonName: 'kafka.test', hosts: ['kafka.test'] })
  const [ca, issued] = [authority.ca, server.cert].map((pem) => {
    const certificate = new x509.X509Certificate(pem)
    const own = certificate.getExtension(x509.SubjectKeyIdentifierExtension)
    const signing = certificate.getExtension(x509.AuthorityKeyIdentifierExtension)
    return { own: own?.keyId, signing: signing?.keyId, critical: [own?.critical, signing?.critical] }
  })
  t.match(ca?.own, /^[0-9a-f]{40}$/)
  t.same(ca, { own: ca?.own, signing: ca?.own, critical: [false, false] })
  t.equal(issued?.signing, ca?.own)
  t.match(issued?.own, /^[0-9a-f]{40}$/)
  t.not(issued?.own, ca?.own)
  const serials = [authority.ca, server.cert].map((pem) => new X509Certificate(pem).serialNumber)
  for (const serial of serials) t.match(serial, /^[4-7][0-9A-F]{31}$/, 'positive')
})
