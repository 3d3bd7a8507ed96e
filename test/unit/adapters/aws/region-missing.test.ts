import { afterEach, expect, test, vi } from 'vitest'
import { kmsKeyService } from '#adapters/aws/key-service.ts'
import { openObjectStore } from '#adapters/open-object-store.ts'

afterEach(() => vi.unstubAllEnvs())

const nowhere = () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined)
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'])
    vi.stubEnv(name, '/dev/null')
}
const expected = {
  code: 'AWS_REGION_MISSING',
  message: 'It is not known which AWS region to call.',
}

test('a bucket without a region is a setting that is missing, told before anything is sent', async () => {
  nowhere()
  const store = await openObjectStore('s3://bucket/prefix')
  await expect(Array.fromAsync(store.list(''))).rejects.toMatchObject(expected)
})

test('so is a key of KMS that is named without its region', async () => {
  nowhere()
  const decrypted = kmsKeyService().decrypt('alias/backups', new Uint8Array(8), {})
  await expect(decrypted).rejects.toMatchObject(expected)
})
