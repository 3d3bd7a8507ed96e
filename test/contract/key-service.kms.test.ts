import { expect, test } from 'vitest'
import { kmsKeyService } from '#adapters/aws/key-service.ts'
import { refuse, serve } from '#test/support/answering-s3.ts'
import { startKmsStandIn } from '#test/support/kms-stand-in.ts'
import { testKeyService } from './key-service.ts'

testKeyService('AWS SDK, against a stand-in for KMS', async () => {
  const kms = await startKmsStandIn()
  const { endpoint, credentials, createKey, setState, close } = kms
  const service = kmsKeyService({ endpoint, credentials, region: 'eu-central-1', maxAttempts: 1 })
  return { service, createKey, setState, close }
})

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001'
const credentials = { accessKeyId: 'id', secretAccessKey: 'top-secret' }

test('nobody at the address is trouble that may pass', async () => {
  const service = kmsKeyService({ endpoint: 'http://127.0.0.1:9', credentials, maxAttempts: 1 })
  await expect(service.decrypt(KEY, Buffer.from('x'), {})).rejects.toMatchObject({
    code: 'KMS_UNAVAILABLE',
    retryable: true,
  })
})

test('an answer of something that is no KMS is told by its status', async () => {
  const endpoint = await serve(refuse(403, 'Forbidden'))
  const service = kmsKeyService({ endpoint, credentials, maxAttempts: 1 })
  await expect(service.decrypt(KEY, Buffer.from('x'), {})).rejects.toMatchObject({
    code: 'KMS_DENIED',
  })
})

test("the region is the key's own, the request names the key", async () => {
  const seen: { scope: string; body: string }[] = []
  const endpoint = await serve((request, response, body) => {
    seen.push({ scope: String(request.headers.authorization), body: body.toString() })
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ KeyId: KEY, Plaintext: Buffer.from('plain').toString('base64') }))
  })
  const service = kmsKeyService({ endpoint, credentials, region: 'us-west-2' })
  const context = { 'xenkeep:repository': 'ab' }
  expect(Buffer.from(await service.decrypt(KEY, Buffer.from('x'), context)).toString()).toBe(
    'plain',
  )
  expect(seen[0]?.scope).toContain('/eu-central-1/kms/aws4_request')
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
    KeyId: KEY,
    CiphertextBlob: Buffer.from('x').toString('base64'),
    EncryptionContext: context,
  })
})
