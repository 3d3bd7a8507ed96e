import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { XenkeepError } from '#core/errors/base.ts'
import { TransitUrlError } from '#core/errors/guest-files.ts'
import { ObjectNotFoundError, StoreFullError } from '#core/errors/store.ts'
import type { Clock, Transit } from '#core/ports.ts'
import { isTransitKey, TRANSIT_URL_SECONDS } from '#core/ports.ts'
import { errno } from './errno.ts'
import { toStoreError } from './store-error.ts'

/** Where the control plane of this machine serves them. */
export const LOCAL_TRANSIT_PATH = '/local/'

/** So much of the disk stays free for the catalog and whatever else is there, in bytes. */
const RESERVE = 1024 ** 3

type Method = 'PUT' | 'GET'

export interface LocalTransit extends Transit {
  /**
   * What a call may do, by its URL alone.
   * @throws `TRANSIT_URL_REFUSED`
   */
  allowed(method: string, path: string, query: URLSearchParams): { key: string; bytes: number }
  /**
   * Keeps a part whole, or nothing of it.
   * @throws `TRANSIT_URL_REFUSED` where it has another length than its URL says, `STORE_FULL`
   */
  put(key: string, bytes: number, body: AsyncIterable<Uint8Array>): Promise<void>
  /** The caller closes it. @throws `OBJECT_NOT_FOUND` */
  open(key: string): Promise<{ file: FileHandle; size: number }>
}

/**
 * Parts as files below a folder, under URLs of the control plane that are signed with a key of this process: after a restart whoever reads asks for new ones.
 * Nothing is flushed: what a power cut takes away is asked for once more.
 */
export const localTransit = ({
  folder,
  clock,
  reserve = RESERVE,
}: {
  folder: string
  clock: Clock
  reserve?: number
}): LocalTransit => {
  const secret = randomBytes(32)
  const signatureOf = (method: string, key: string, bytes: string, until: string): Buffer =>
    createHmac('sha256', secret).update([method, key, bytes, until].join('\n')).digest()

  const urlOf = async (method: Method, key: string, bytes: number): Promise<string> => {
    if (!isTransitKey(key)) throw new TransitUrlError('its key is none')
    const until = String(clock.now() + TRANSIT_URL_SECONDS * 1_000)
    const signature = signatureOf(method, key, String(bytes), until).toString('base64url')
    return `${LOCAL_TRANSIT_PATH}${key}?${new URLSearchParams({ bytes: String(bytes), until, signature })}`
  }
  /** Keys have no `..` and no other folders than their own three. */
  const pathOf = (key: string): string => join(folder, ...key.split('/').slice(1))

  const guardSpace = async (bytes: number): Promise<void> => {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize - bytes < reserve) throw new StoreFullError(folder)
  }

  return {
    putUrl: (key, bytes) => urlOf('PUT', key, bytes),
    getUrl: key => urlOf('GET', key, 0),

    allowed(method, path, query) {
      const key = path.slice(LOCAL_TRANSIT_PATH.length)
      const [bytes, until, signature] = ['bytes', 'until', 'signature'].map(
        name => query.get(name) ?? '',
      ) as [string, string, string]
      const given = Buffer.from(signature, 'base64url')
      const due = signatureOf(method, key, bytes, until)
      if (!isTransitKey(key) || given.length !== due.length || !timingSafeEqual(given, due))
        throw new TransitUrlError('it is not as it was given out')
      if (Number(until) <= clock.now()) throw new TransitUrlError('it is too old')
      return { key, bytes: Number(bytes) }
    },

    async put(key, bytes, body) {
      const path = pathOf(key)
      const temporary = `${path}.${randomUUID()}`
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await guardSpace(bytes)
        const file = await open(temporary, 'wx', 0o600)
        try {
          let size = 0
          for await (const piece of body) {
            size += piece.length
            if (size > bytes) throw new TransitUrlError(`it is for ${bytes} bytes`)
            await file.writeFile(piece)
          }
          if (size !== bytes) throw new TransitUrlError(`it is for ${bytes} bytes`)
        } finally {
          await file.close()
        }
        await rename(temporary, path)
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {})
        throw error instanceof XenkeepError ? error : toStoreError(error, `write ${key}`, folder)
      }
    },

    async open(key) {
      try {
        const file = await open(pathOf(key), 'r')
        return { file, size: (await file.stat()).size }
      } catch (error) {
        if (errno(error) === 'ENOENT') throw new ObjectNotFoundError(key, error)
        throw toStoreError(error, `read ${key}`, folder)
      }
    },
  }
}
