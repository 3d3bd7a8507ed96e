import { fileURLToPath } from 'node:url'
import { StoreAddressError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { S3Options } from './aws/open-s3.ts'
import { openDirectoryStore } from './fs/object-store.ts'

const directoryOf = (address: string): string => {
  if (!address.startsWith('file://')) return address.slice('file:'.length)
  try {
    return fileURLToPath(address)
  } catch {
    throw new StoreAddressError(
      'file:// is followed by a path of this machine, as in file:///srv/backups',
    )
  }
}

/**
 * @param address `file:DIR` (absolute, or relative to the working directory), `file:///DIR` or `s3://BUCKET[/PREFIX]`
 * @param options.s3 how to reach S3; an address never holds credentials
 * @returns the store with the methods of every role; what may be done the credentials decide. One over a network repeats what
 *   failed for a moment
 * @throws `STORE_ADDRESS_INVALID`, `STORE_UNSUITABLE`
 */
export const openObjectStore = async (
  address: string,
  { s3 = {} }: { s3?: S3Options } = {},
): Promise<MaintenanceStore> => {
  const [scheme] = /^[a-z0-9+.-]+(?=:)/i.exec(address) ?? []
  switch (scheme) {
    case 'file': {
      const directory = directoryOf(address)
      if (directory === '') throw new StoreAddressError('file: is followed by a directory')
      return openDirectoryStore(directory)
    }
    case 's3': {
      // Only when it is needed: loading the SDK takes 0.2 s and 40 MiB.
      const { openS3 } = await import('./aws/open-s3.ts')
      return openS3(address, s3)
    }
    case undefined:
      throw new StoreAddressError('it begins with neither file: nor s3://')
    default:
      throw new StoreAddressError(
        `it begins with ${scheme}:, and XenKeep knows file: and s3:// only`,
      )
  }
}
