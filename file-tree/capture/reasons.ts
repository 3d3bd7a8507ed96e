import { NOT_MOUNTED_SO } from '../kept-attributes.ts'
import { codeOf } from '../system-error.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'access denied',
  EPERM: 'the system does not permit it',
  EIO: 'the disk, or the server behind it, gave an error',
  ENOENT: 'it is gone',
  ELOOP: 'it became a link',
  ENOTDIR: 'it is no folder any more',
  ESTALE: 'the file server does not know it any more',
  EUCLEAN: 'the file system is damaged',
  [NOT_MOUNTED_SO]:
    'as it is mounted it shows no alternate streams; with streams_interface=xattr it does',
  E2BIG: 'it is larger than the system hands out (64 KiB)',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is in use',
  EMFILE: 'too many files are open in this process',
  ENFILE: 'too many files are open on this machine',
  ETIMEDOUT: 'the file server did not answer',
  EHOSTDOWN: 'the file server is down',
}

/** @returns why, in words, with the code of the system behind them */
export const reasonOf = (error: unknown): string => {
  const code = codeOf(error)
  if (!code) return error instanceof Error ? error.message : String(error)
  const words = REASONS[code]
  return words ? `${words} (${code})` : code
}
