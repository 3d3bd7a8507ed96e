import { XenkeepError } from '#core/errors/base.ts'
import { quoted } from '../output/safe-text.ts'

/** Disks of a machine would go over a network for everybody to see. */
export class ServeInClearRefusedError extends XenkeepError {
  readonly code = 'SERVE_CLEAR_REFUSED'
  constructor(host: string) {
    super(
      `On ${quoted(host)} the disks would go over the network in clear text, to whoever asks for them.`,
      {
        advice:
          'Add --tls-certificate and --tls-key, and --tls-client-ca so that only your clients get in; listen on 127.0.0.1; or add --insecure if the network is yours alone.',
      },
    )
  }
}

/** The address or the socket cannot be had. */
export class ListenFailedError extends XenkeepError {
  readonly code = 'LISTEN_FAILED'
  constructor(where: string, cause: unknown) {
    const { code = '' } = cause as NodeJS.ErrnoException
    super(`Nothing can be offered at ${quoted(where)}: ${REASONS[code] ?? (code || 'refused')}.`, {
      advice: 'Choose another address with --listen, or another file with --socket.',
      cause,
    })
  }
}

const REASONS: Record<string, string> = {
  EADDRINUSE: 'another program uses it, or a file of this name is there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'its directory does not exist',
  ENOTFOUND: 'no such host',
  EINVAL: 'the path is too long for a socket (107 bytes)',
}

/** A file of the TLS options cannot be used. */
export class TlsFileInvalidError extends XenkeepError {
  readonly code = 'TLS_FILE_INVALID'
  constructor(what: string, why: string, cause?: unknown) {
    super(`The ${what} cannot be used: ${why}.`, {
      advice:
        'Give PEM files that this user may read: a certificate with its chain, its private key without a passphrase, the CA of your clients.',
      cause,
    })
  }
}
