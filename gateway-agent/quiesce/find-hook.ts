import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { QuiesceHookSettings } from '#core/contracts/settings.ts'
import { readSecret, SecretFileError } from '../secret-file.ts'
import { httpsHook } from './https-hook.ts'
import type { FindProvider } from './provider.ts'

/** The hook that the settings name for a VM, by UUID or exact name. Secret and CA file are read at each freeze. */
export const findHook =
  (dataDir: string, hooks: readonly QuiesceHookSettings[]): FindProvider =>
  ({ uuid, name }) => {
    const hook = hooks.find(({ vm }) => vm === uuid) ?? hooks.find(({ vm }) => vm === name)
    if (!hook) return undefined
    const { url, secretFile, fingerprint, caFile } = hook
    return httpsHook({
      url,
      secret: () => readSecret(`secret of the quiesce hook of ${hook.vm}`, dataDir, secretFile),
      async trust() {
        if (fingerprint !== undefined) return { fingerprints: [fingerprint] }
        const path = resolve(dataDir, caFile ?? '')
        const ca = await readFile(path, 'utf8').catch(error => {
          throw new SecretFileError('CA certificate', path, error)
        })
        return { ca }
      },
    })
  }
