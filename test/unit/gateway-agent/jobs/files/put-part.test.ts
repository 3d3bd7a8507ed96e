import { expect, test } from 'vitest'
import { putPart } from '#gateway-agent/jobs/files/put-part.ts'

const bytes = new Uint8Array([1, 2, 3])
const { signal } = new AbortController()

const putTo = async (url: string, status = 200) => {
  const asked: { url: string; init: RequestInit | undefined }[] = []
  const fetch = (async (to: URL, init?: RequestInit) => {
    asked.push({ url: String(to), init })
    return new Response('', { status })
  }) as typeof globalThis.fetch
  await putPart(fetch, async () => 'https://control.example:8443')(url, bytes, signal)
  return asked[0]
}

test.each([
  ['/transit/R/Q/0?until=1', 'https://control.example:8443/transit/R/Q/0?until=1'],
  ...[
    'https://bucket.s3.eu-central-1.amazonaws.com/transit/R/Q/0?X-Amz-Signature=a',
    'https://bucket.s3.dualstack.eu-central-1.amazonaws.com/k',
    'https://s3.eu-central-1.amazonaws.com/bucket/k',
    'https://bucket.s3.cn-north-1.amazonaws.com.cn/k',
  ].map(url => [url, url]),
])('%s is a place for a part', async (url, to) => {
  expect(await putTo(url)).toMatchObject({ url: to, init: { method: 'PUT', redirect: 'error' } })
})

test.each([
  'http://169.254.169.254/latest/meta-data',
  'https://intranet.example/x',
  '//intranet.example/x',
  String.raw`/\intranet.example/x`,
  'http://bucket.s3.eu-central-1.amazonaws.com/k',
  'https://s3.eu-central-1.amazonaws.com.evil.example/k',
  'https://ec2-1-2-3-4.compute.amazonaws.com/k',
  'file:///etc/passwd',
])('a control plane that was taken over has nothing written to %s', async url => {
  await expect(putTo(url)).rejects.toThrow(
    expect.objectContaining({
      code: 'ANSWER_UNDELIVERED',
      message: expect.stringMatching(/is neither the control plane nor S3/),
    }),
  )
})

test('what is refused is told with its status, and without the address, which is a secret', async () => {
  await expect(putTo('/transit/R/Q/0?signature=secret', 403)).rejects.toThrow(
    expect.objectContaining({
      code: 'ANSWER_UNDELIVERED',
      message: expect.stringMatching(/^(?!.*secret).*HTTP 403/),
    }),
  )
})
