import { readFile } from 'node:fs/promises'
import { createSecureContext, type TlsOptions } from 'node:tls'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'
import { ServeInClearRefusedError, TlsFileInvalidError } from './errors.ts'

export interface ListenOptions {
  /** HOST:PORT */
  listen?: string
  /** a file */
  socket?: string
  tlsCertificate?: string
  tlsKey?: string
  tlsClientCa?: string
  insecure?: true
}

/** Where to offer disks, and how. */
export interface Place {
  /** `undefined`: a Unix socket */
  tcp: { host: string; port: number } | undefined
  /** of a Unix socket; `undefined`: in a directory of its own */
  socket: string | undefined
  tls: TlsOptions | undefined
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/

/**
 * @throws `USAGE`, `SERVE_CLEAR_REFUSED` for an address that others reach and no TLS, `TLS_FILE_INVALID`
 */
export const placeOf = async (options: ListenOptions): Promise<Place> => {
  const { listen, socket, insecure } = options
  if (listen !== undefined && socket !== undefined)
    throw new UsageError('Give only one of --listen and --socket.')
  const asksForTls = [options.tlsCertificate, options.tlsKey, options.tlsClientCa].some(Boolean)
  if (listen === undefined) {
    if (asksForTls || insecure)
      throw new UsageError(
        'TLS options and --insecure are for --listen; a Unix socket is this user’s alone.',
      )
    return { tcp: undefined, socket, tls: undefined }
  }
  const tcp = addressOf(listen)
  const tls = asksForTls ? await readTls(options) : undefined
  if (!tls && !insecure && !LOOPBACK.test(tcp.host)) throw new ServeInClearRefusedError(tcp.host)
  return { tcp, socket: undefined, tls }
}

/** `HOST:PORT`, `[IPV6]:PORT`, `:PORT` or `PORT`; 127.0.0.1 unless told. */
const addressOf = (text: string): { host: string; port: number } => {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535)
    throw new UsageError(
      `${quoted(text)} is no address to listen on.`,
      'Give HOST:PORT, as in 127.0.0.1:10809; port 0 picks a free one.',
    )
  return { host: bracketed || plain || '127.0.0.1', port }
}

const readTls = async (options: ListenOptions): Promise<TlsOptions> => {
  const { tlsCertificate, tlsKey, tlsClientCa } = options
  if (tlsCertificate === undefined || tlsKey === undefined)
    throw new UsageError('--tls-certificate and --tls-key go together.')
  const cert = await pem('TLS certificate', tlsCertificate)
  const key = await pem('TLS key', tlsKey)
  const ca = tlsClientCa === undefined ? undefined : await pem('CA of the clients', tlsClientCa)
  try {
    createSecureContext({ cert, key, ca })
  } catch (error) {
    throw new TlsFileInvalidError(
      'TLS certificate or its key',
      'they are no PEM files that belong together',
      error,
    )
  }
  return { cert, key, ...(ca && { ca, requestCert: true, rejectUnauthorized: true }) }
}

const pem = async (what: string, file: string): Promise<Buffer> => {
  try {
    return await readFile(file)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it cannot be read'
    throw new TlsFileInvalidError(`${what} ${quoted(file)}`, why, error)
  }
}
