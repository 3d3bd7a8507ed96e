import { expect, test } from 'vitest'
import { type TestApi, testApi } from '#test/support/call-api.ts'

const nightly = (name = 'Nightly') => ({
  name,
  selection: { include: [{ tags: ['prod'] }] },
  retention: { daily: 7 },
})

interface View {
  policy: { policyId: string; name: string; method: string; enabled: boolean }
  version: number
  changedBy: string
}

const create = async (api: TestApi, policy: unknown = nightly()) => {
  const { status, json } = await api.asPerson('POST', '/v1/policies', policy)
  expect(status).toBe(200)
  return json as unknown as View
}

test('a policy is made, read, listed, replaced and deleted', async () => {
  const api = await testApi()
  const made = await create(api)
  const path = `/v1/policies/${made.policy.policyId}`
  expect(made).toMatchObject({
    version: 1,
    changedBy: 'someone',
    policy: { name: 'Nightly', enabled: true, method: 'normal' },
  })
  const changed = await api.asPerson('PUT', path, {
    version: 1,
    policy: { ...nightly('Every night'), enabled: false },
  })
  expect(changed.json).toMatchObject({
    version: 2,
    policy: { name: 'Every night', enabled: false },
  })
  expect((await api.asPerson('GET', path)).json).toStrictEqual(changed.json)
  expect((await api.asPerson('GET', '/v1/policies')).json).toStrictEqual({ items: [changed.json] })

  const gone = await api.asPerson('DELETE', path, undefined, 'version=2')
  expect(gone.json).toMatchObject({ line: expect.stringContaining('last retention') })
  expect((await api.asPerson('GET', '/v1/policies')).json).toStrictEqual({ items: [] })
  // Points name it for years.
  expect((await api.asPerson('GET', path)).json).toMatchObject({ deleted: { by: 'someone' } })
  const all = await api.asPerson('GET', '/v1/policies', undefined, 'deleted=true')
  expect(all.json).toMatchObject({ items: [{ policy: { name: 'Every night' } }] })
  const again = await api.asPerson('PUT', path, { version: 3, policy: nightly() })
  expect(again).toMatchObject({ status: 404, json: { code: 'POLICY_NOT_FOUND' } })
})

test('who guesses the next version replaces nothing that he did not see, and so shortens nothing', async () => {
  const api = await testApi()
  const { policy } = await create(api)
  const path = `/v1/policies/${policy.policyId}`
  const longer = { ...nightly(), retention: { daily: 30 } }
  const read = api.ports.catalog.get
  let isSaved = false
  // An administrator keeps points longer right after the operator's call has read the policy.
  api.ports.catalog.get = async (key, ...rest) => {
    const item = await read(key, ...rest)
    if (!isSaved && key.pk === 'POLICIES') {
      isSaved = true
      await api.asPerson('PUT', path, { version: 1, policy: longer })
    }
    return item as never
  }
  const guess = await api.call('PUT', path, {
    authorization: 'Bearer operator',
    body: { version: 2, policy: { ...nightly(), method: 'offline' } },
  })
  expect(guess).toMatchObject({ status: 409, json: { code: 'POLICY_CHANGED' } })
  expect((await api.asPerson('GET', path)).json).toMatchObject({
    ...{ version: 2, policy: { retention: { daily: 30 } } },
  })
})

test('of two who change the same state one is told of the other, and nothing is overwritten', async () => {
  const api = await testApi()
  const { policy } = await create(api)
  const path = `/v1/policies/${policy.policyId}`
  const put = (method: string) =>
    api.asPerson('PUT', path, { version: 1, policy: { ...nightly(), method } })
  const answers = await Promise.all([put('offline'), put('memory')])
  expect(answers.map(({ status }) => status).sort()).toStrictEqual([200, 409])
  expect(answers.find(({ status }) => status === 409)?.json).toMatchObject({
    code: 'POLICY_CHANGED',
    message: 'The policy "Nightly" was changed by "someone" since you read it; nothing was saved.',
  })
  const late = await api.asPerson('DELETE', path, undefined, 'version=1')
  expect(late).toMatchObject({ status: 409, json: { code: 'POLICY_CHANGED' } })
})

test('what was saved is answered again under its key, also where the process died before it answered', async () => {
  const api = await testApi()
  const { catalog } = api.ports
  const { write } = catalog
  // What the middleware writes down behind the work never gets there.
  catalog.write = async writes => {
    const [first] = writes
    if (writes.length === 1 && first?.key.pk === 'IDEMPOTENT' && first.expect !== 'absent')
      throw new Error('killed')
    return write.call(catalog, writes)
  }
  const call = async (method: string, path: string, more: object, idempotencyKey: string) => {
    const given = { authorization: 'Bearer person', ...more, idempotencyKey }
    const first = await api.call(method, path, given)
    const again = await api.call(method, path, given)
    expect(again.json).toStrictEqual(first.json)
    return again
  }
  const made = await call('POST', '/v1/policies', { body: nightly() }, 'create-nightly-1')
  expect(made).toMatchObject({ status: 200, json: { version: 1 } })
  const { policyId } = made.json.policy as { policyId: string }
  const path = `/v1/policies/${policyId}`
  const body = { version: 1, policy: { ...nightly(), enabled: false } }
  const saved = await call('PUT', path, { body }, 'disable-nightly-1')
  expect(saved).toMatchObject({ status: 200, json: { version: 2, policy: { enabled: false } } })
  const gone = await call('DELETE', path, { query: 'version=2' }, 'delete-nightly-1')
  expect(gone).toMatchObject({ status: 200, json: { policyId } })
})

test('a name stands for one policy, capitals or not, and is free again afterwards', async () => {
  const api = await testApi()
  const { policy } = await create(api)
  const twin = await api.asPerson('POST', '/v1/policies', nightly('NIGHTLY '))
  expect(twin).toMatchObject({ status: 409, json: { code: 'POLICY_NAME_TAKEN' } })
  const other = await create(api, nightly('Weekly'))
  const renamed = await api.asPerson('PUT', `/v1/policies/${other.policy.policyId}`, {
    version: 1,
    policy: nightly('nightly'),
  })
  expect(renamed).toMatchObject({ status: 409, json: { code: 'POLICY_NAME_TAKEN' } })
  await api.asPerson('DELETE', `/v1/policies/${policy.policyId}`, undefined, 'version=1')
  await create(api)
})

test.each([
  [{ ...nightly(), name: '' }, 'body.name'],
  [{ ...nightly(), colour: 'red' }, 'does not take "colour"'],
  [{ ...nightly(), retention: {} }, 'has no rule'],
  [{ ...nightly(), selection: { include: [{}] } }, 'says nothing'],
  [{ ...nightly(), retention: { daily: 0 } }, 'body.retention.daily'],
])('%j is refused by name', async (policy, words) => {
  const api = await testApi()
  const answer = await api.asPerson('POST', '/v1/policies', policy)
  expect(answer).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
  expect(answer.json.message).toContain(words)
})

test('a viewer looks and changes nothing; deleting asks for an administrator', async () => {
  const api = await testApi()
  const { policy } = await create(api)
  const as = (authorization: string, method: string, path: string, query?: string) =>
    api.call(method, path, {
      authorization: `Bearer ${authorization}`,
      ...(query === undefined ? { body: nightly('Other') } : { query }),
    })
  expect((await as('viewer', 'POST', '/v1/policies')).json.code).toBe('ROLE_INSUFFICIENT')
  const path = `/v1/policies/${policy.policyId}`
  expect((await as('operator', 'DELETE', path, 'version=1')).json.code).toBe('ROLE_INSUFFICIENT')
  expect((await as('operator', 'POST', '/v1/policies')).status).toBe(200)
})
