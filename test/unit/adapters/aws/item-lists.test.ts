import { expect, test } from 'vitest'
import { s3Items } from '#adapters/aws/item-lists.ts'

/** A client that writes down what is sent and answers, or fails, as told. */
const scripted = (failure?: { name: string; status: number }) => {
  const sent: [name: string, input: unknown][] = []
  const client = {
    send: async (command: { constructor: { name: string }; input: unknown }) => {
      sent.push([command.constructor.name, command.input])
      if (!failure) return {}
      const { name, status: httpStatusCode } = failure
      throw Object.assign(new Error('from AWS'), { name, $metadata: { httpStatusCode } })
    },
  }
  return { items: s3Items({ client: client as never, bucket: 'lists' }), sent }
}

test('a list is a JSON array where the ItemReader of a Map looks for it, named by the execution', async () => {
  const { items, sent } = scripted()
  expect(await items.keep('run1-2', [{ jobId: 'a' }, { jobId: 'b' }])).toEqual({
    list: { key: 'items/run1-2.json' },
  })
  expect(sent).toEqual([
    [
      'PutObjectCommand',
      {
        Bucket: 'lists',
        Key: 'items/run1-2.json',
        Body: '[{"jobId":"a"},{"jobId":"b"}]',
        ContentType: 'application/json',
      },
    ],
  ])
})

test.each([
  [{ name: 'SlowDown', status: 503 }, 'STORE_UNAVAILABLE', true],
  [{ name: 'AccessDenied', status: 403 }, 'STORE_DENIED', false],
  [{ name: 'NoSuchBucket', status: 404 }, 'STORE_MISSING', false],
])('%j is %s', async (failure, code, retryable) => {
  const { items } = scripted(failure)
  await expect(items.keep('run1-2', [])).rejects.toMatchObject({ code, retryable })
})
