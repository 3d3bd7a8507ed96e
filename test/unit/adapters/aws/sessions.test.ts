import { expect, test } from 'vitest'
import { openS3 } from '#adapters/aws/open-s3.ts'
import { type Answer, answer, refuse, serve, storeAt } from '#test/support/answering-s3.ts'

const listed = (key: string | undefined) =>
  answer(
    `<ListBucketResult>${key ? `<Contents><Key>${key}</Key></Contents>` : ''}</ListBucketResult>`,
  )

/** An S3 that says 403 to every question about an object, and answers lists as told. */
const refusing = async (list: Answer) =>
  storeAt(
    await serve((request, response, body) => {
      const isList = new URL(request.url ?? '', 'http://s3').searchParams.has('list-type')
      ;(isList ? list : refuse(403, 'AccessDenied'))(request, response, body)
    }),
  )

test('an object that is not there is told from one that is refused, with a right to list its prefix alone', async () => {
  const store = await refusing(listed(undefined))
  expect(await store.stat('packs/a')).toBeUndefined()
  await expect(store.get('packs/a')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
  await expect(store.retention('packs/a')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
})

test.each([
  ['it is there', listed('p/packs/a')],
  ['nobody may list either', refuse(403, 'AccessDenied')],
])('refused is refused where %s', async (_, list) => {
  const store = await refusing(list)
  await expect(store.stat('packs/a')).rejects.toMatchObject({ code: 'STORE_DENIED' })
  await expect(store.get('packs/a')).rejects.toMatchObject({ code: 'STORE_DENIED' })
})

test('an object with a longer name does not stand for the one that is missing', async () => {
  const store = await refusing(listed('p/packs/ab'))
  expect(await store.stat('packs/a')).toBeUndefined()
})

test('a session that ends in the middle of an upload is replaced, and the object is sent again', async () => {
  const used: string[] = []
  const endpoint = await serve((request, response, body) => {
    const who = /Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    used.push(`${request.method} ${who}`)
    const isOver = who === 'first'
    ;(isOver ? refuse(400, 'ExpiredToken') : answer(''))(request, response, body)
  })
  let current = 'first'
  const store = openS3('s3://bucket/p', {
    endpoint,
    credentials: async () => ({
      ...{ accessKeyId: current, secretAccessKey: 'secret', sessionToken: 'token' },
      expiration: new Date(0),
    }),
    expired: accessKeyId => {
      expect(accessKeyId).toBe('first')
      current = 'second'
    },
  })
  await store.put('packs/a', [Buffer.from('bytes')])
  await store.put('packs/b', [Buffer.from('bytes')])
  expect(used).toEqual(['PUT first', 'PUT second', 'PUT second'])
})
