import { createRequire } from 'node:module'

/** A function of the library; gives its major status. The first argument is always a place for the minor one. */
export type GssFunction = (minor: [number], ...parameters: unknown[]) => number

/** The functions that a Kerberos acceptor needs (RFC 2744, and MIT's one for credentials from a keytab that is named). */
export interface GssFunctions {
  readonly importName: GssFunction
  readonly canonicalizeName: GssFunction
  readonly displayName: GssFunction
  readonly releaseName: GssFunction
  readonly acquireCredential: GssFunction
  readonly releaseCredential: GssFunction
  readonly acceptContext: GssFunction
  readonly deleteContext: GssFunction
  readonly wrap: GssFunction
  readonly unwrap: GssFunction
  readonly displayStatus: GssFunction
  readonly releaseBuffer: GssFunction
  /** Copies what lies behind a pointer. */
  readonly read: (pointer: unknown, length: number) => Uint8Array
}

/** GSSAPI cannot be spoken on this machine; the message says what to install. */
export class GssapiMissingError extends Error {
  override readonly name = 'GssapiMissingError'
}

type Koffi = typeof import('koffi')
type Type = ReturnType<Koffi['out']> | ReturnType<Koffi['pointer']> | string

const FILES: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'libgssapi_krb5.dylib',
  win32: 'gssapi64.dll',
}

let loaded: GssFunctions | undefined

/**
 * MIT Kerberos' GSSAPI library, loaded when it is first asked for.
 * @throws GssapiMissingError where it is missing, or the optional package `koffi` that calls it
 */
export function loadGssFunctions(): GssFunctions {
  loaded ??= functionsOf(requireKoffi(), FILES[process.platform] ?? 'libgssapi_krb5.so.2')
  return loaded
}

function requireKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi
  } catch (cause) {
    throw new GssapiMissingError("it needs the optional package 'koffi': run npm install koffi", { cause })
  }
}

function functionsOf(koffi: Koffi, file: string): GssFunctions {
  let library: ReturnType<Koffi['load']>
  try {
    library = koffi.load(file)
  } catch (cause) {
    const message = `it needs MIT Kerberos' library ${file}: install it (Debian: apt-get install libgssapi-krb5-2)`
    throw new GssapiMissingError(message, { cause })
  }
  const { pointer, struct } = koffi
  const handle = 'void *'
  const number = 'uint32_t'
  const out = (type: Type) => koffi.out(pointer(type as string))
  const changed = koffi.inout(pointer(handle))
  const bufferType = struct({ length: 'size_t', value: handle })
  const oidType = struct({ length: number, elements: handle })
  const entryType = struct({ key: 'const char *', value: 'const char *' })
  const [buffer, oid] = [pointer(bufferType), pointer(oidType)]
  const oids = pointer(struct({ count: 'size_t', elements: oid }))
  const store = pointer(struct({ count: number, elements: pointer(entryType) }))
  const call = (name: string, ...types: Type[]) =>
    library.func(name, number, [out(number), ...types] as string[]) as GssFunction
  return {
    importName: call('gss_import_name', buffer, oid, out(handle)),
    canonicalizeName: call('gss_canonicalize_name', handle, oid, out(handle)),
    displayName: call('gss_display_name', handle, koffi.out(buffer), out(handle)),
    releaseName: call('gss_release_name', changed),
    acquireCredential: call(
      'gss_acquire_cred_from',
      ...[handle, number, oids, 'int', store, out(handle), handle, out(number)],
    ),
    releaseCredential: call('gss_release_cred', changed),
    acceptContext: call(
      'gss_accept_sec_context',
      ...[changed, handle, buffer, handle, out(handle), out(handle), koffi.out(buffer)],
      ...[out(number), out(number), handle],
    ),
    deleteContext: call('gss_delete_sec_context', changed, handle),
    wrap: call('gss_wrap', handle, 'int', number, buffer, out('int'), koffi.out(buffer)),
    unwrap: call('gss_unwrap', handle, buffer, koffi.out(buffer), out('int'), out(number)),
    displayStatus: call(
      'gss_display_status',
      ...[number, 'int', oid, koffi.inout(pointer(number)), koffi.out(buffer)],
    ),
    releaseBuffer: call('gss_release_buffer', buffer),
    read: (from, length) => koffi.decode(from, 'uint8_t', length) as Uint8Array,
  }
}
