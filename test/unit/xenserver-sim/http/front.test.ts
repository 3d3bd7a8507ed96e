import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PoolWithVm, poolWithVm } from '#test/support/pool-with-vm.ts'
import { rawHttp } from '#test/support/raw-http.ts'

const bytes = Buffer.from(Array.from({ length: 3 * 65536 }, (_, i) => i % 251))

let pool: PoolWithVm
let vdi: string
let snapshot: string
beforeAll(async () => {
  pool = await poolWithVm([bytes], { hosts: 2 })
  vdi = await pool.diskOf(pool.vm)
  snapshot = await pool.diskOf(await pool.rpc('VM.snapshot', pool.vm, 's'))
})
afterAll(() => pool.close())

const call = (method: string, ...params: string[]) =>
  `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params.map(p => `<param><value>${p}</value></param>`).join('')}</params></methodCall>`
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${pool.url}${path}`, { method: 'POST', body, headers })

describe('calls', () => {
  test.each(['/', '/RPC2', '/xmlrpc', '/any/other'])('XML-RPC at POST %s', async path => {
    const response = await post(path, call('VM.get_by_name_label', pool.session, 'db'))
    expect(response.headers.get('content-type')).toBe('text/xml')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('connection')).toBe('keep-alive')
    expect(await response.text()).toMatch(
      /<name>Status<\/name><value>Success<\/value>.*<name>Value<\/name><value><array><data><value>OpaqueRef:/,
    )
  })

  test('a failure is an answer with status 200', async () => {
    const response = await post('/', call('VM.fly'))
    expect(response.status).toBe(200)
    expect(await response.text()).toContain(
      '<name>ErrorDescription</name><value><array><data><value>MESSAGE_METHOD_UNKNOWN</value><value>VM.fly</value>',
    )
  })

  test('system.listMethods answers the bare array, without a session', async () => {
    const text = await (await post('/', call('system.listMethods'))).text()
    expect(text).toMatch(/<params><param><value><array><data><value>system.listMethods<\/value>/)
    expect(text).toContain('<value>VM.snapshot</value>')
    expect(text).not.toContain('Status')
  })

  test('JSON-RPC 1.0 gives the error as an array, 2.0 as an object', async () => {
    const json = async (body: object) => {
      const response = await post('/jsonrpc', JSON.stringify(body))
      expect(response.headers.get('content-type')).toBe('application/json')
      return response.json()
    }
    const request = { method: 'session.logout', params: ['gone'], id: 7 }
    expect(await json(request)).toStrictEqual({
      result: null,
      error: ['SESSION_INVALID', 'gone'],
      id: 7,
    })
    expect(await json({ ...request, jsonrpc: '2.0' })).toStrictEqual({
      jsonrpc: '2.0',
      error: { code: 1, message: 'SESSION_INVALID', data: ['gone'] },
      id: 7,
    })
  })

  test.each([
    ['/', 'no xml'],
    ['/jsonrpc', 'no json'],
    ['/jsonrpc', '{"method":"session.logout","params":[]}'],
    ['/', call('VM.get_by_name_label', pool?.session ?? '', 'x'.repeat(301 * 1024))],
  ])('what is malformed or too large answers HTTP 500 (%s)', async (path, body) => {
    const response = await post(path, body)
    expect(response.status).toBe(500)
    expect(response.headers.get('content-type')).toBe('text/html')
  })

  test('a chunked request is refused', async () => {
    const answer = await rawHttp(pool.url, {
      line: 'POST /',
      headers: { 'Transfer-Encoding': 'chunked', Connection: 'close' },
      body: Buffer.from('0\r\n\r\n'),
    })
    expect(answer.statusLine).toBe('HTTP/1.1 500 Internal Error')
  })
})

test.each([
  ['OPTIONS', 200],
  ['GET', 403],
  ['PUT', 403],
  ['DELETE', 501],
])('%s of an unknown path answers %d', async (method, status) => {
  expect((await fetch(`${pool.url}/nowhere`, { method })).status).toBe(status)
})

describe('streams', () => {
  const path = (query: string) => `/export_raw_vdi?${query}`
  const get = (query: string, headers: Record<string, string> = {}, host = 0) =>
    rawHttp(pool.hosts[host]?.url ?? '', { line: `GET ${path(query)}`, headers })

  test('are authenticated by query, cookie or HTTP Basic, on every host', async () => {
    const basic = Buffer.from('root:xenserver').toString('base64')
    for (const [query, headers] of [
      [`&session_id=${pool.session}`, {}],
      ['', { Cookie: `a=b; session_id=${pool.session}` }],
      ['&session_id=OpaqueRef:gone', { Cookie: `session_id=${pool.session}` }],
      ['', { Authorization: `Basic ${basic}` }],
    ] as const)
      for (const host of [0, 1]) {
        const answer = await get(`vdi=${snapshot}${query}`, headers, host)
        expect(answer.statusLine).toBe('HTTP/1.1 200 OK')
        expect(answer.body.equals(bytes)).toBe(true)
      }
  })

  test('without a valid session answer 401 and fail the task', async () => {
    const task = await pool.rpc('task.create', 'export', '')
    const answer = await get(`vdi=${snapshot}&session_id=OpaqueRef:gone&task_id=${task}`)
    expect(answer.statusLine).toBe('HTTP/1.1 401 Unauthorized')
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/)
    expect(await pool.rpc('task.get_record', task)).toMatchObject({
      status: 'failure',
      error_info: ['SESSION_AUTHENTICATION_FAILED', 'OpaqueRef:gone'],
    })
  })

  test('complete the task they are given, or name the one they made', async () => {
    const task = await pool.rpc('task.create', 'export', '')
    const given = await get(`vdi=${snapshot}&session_id=${pool.session}&task_id=${task}`)
    expect(given.headers['task-id']).toBe(task)
    expect(await pool.rpc('task.get_status', task)).toBe('success')
    const own = await get(`vdi=${snapshot}&session_id=${pool.session}`)
    expect(await pool.rpc('task.get_status', own.headers['task-id'])).toBe('success')
  })

  test('tell errors before the headers as 500, after them inside the stream', async () => {
    const before = await get(`vdi=OpaqueRef:none&session_id=${pool.session}`)
    expect(before.statusLine).toBe('HTTP/1.1 500 Internal Error')
    expect(before.body.toString()).toContain('HANDLE_INVALID: [ VDI; OpaqueRef:none ]')
    const after = await get(`vdi=${vdi}&session_id=${pool.session}`)
    expect(after.statusLine).toBe('HTTP/1.1 200 OK')
    expect(after.body.toString()).toMatch(/^HTTP\/1\.1 500 Internal Error\r\n[\s\S]*VDI_IN_USE/)
    expect(await pool.rpc('task.get_error_info', after.headers['task-id'])).toStrictEqual([
      'VDI_IN_USE',
      vdi,
      'attach',
    ])
  })

  test('are redirected by a host that does not see the storage, with the task left pending', async () => {
    const [coordinator] = pool.state.hosts
    const pbds = [...pool.state.database.all('PBD')].filter(([, p]) => p.host === coordinator?.ref)
    const plug = (currently_attached: boolean) => {
      for (const [ref] of pbds) pool.state.database.update('PBD', ref, { currently_attached })
    }
    plug(false)
    const task = await pool.rpc('task.create', 'export', '')
    const query = `vdi=${snapshot}&session_id=${pool.session}&task_id=${task}`
    const answer = await get(query)
    plug(true)
    expect(answer.statusLine).toBe('HTTP/1.1 302 Found')
    expect(await pool.rpc('task.get_status', task)).toBe('pending')
    const location = new URL(answer.headers.location ?? '')
    expect(location.origin).toBe(pool.hosts[1]?.url)
    const followed = await rawHttp(location.origin, {
      line: `GET ${location.pathname}${location.search}`,
    })
    expect(followed.body.equals(bytes)).toBe(true)
    expect(await pool.rpc('task.get_status', task)).toBe('success')
  })

  test('leave the disk attached to dom0 for a while', async () => {
    // Long enough for all that is asked meanwhile, however busy the machine is.
    const slow = await poolWithVm([bytes], { timing: { dom0Linger: 3_000 } })
    try {
      const disk = await slow.diskOf(await slow.rpc('VM.snapshot', slow.vm, 'exported'))
      await fetch(`${slow.url}/export_raw_vdi?vdi=${disk}&session_id=${slow.session}`).then(
        answer => answer.arrayBuffer(),
      )
      expect(await slow.failure('VDI.destroy', disk)).toStrictEqual(['VDI_IN_USE', disk, 'destroy'])
      const dom0 = async () => {
        for (const vbd of await slow.rpc<string[]>('VDI.get_VBDs', disk)) {
          const owner = await slow.rpc('VBD.get_VM', vbd)
          if (await slow.rpc<boolean>('VM.get_is_control_domain', owner)) return true
        }
        return false
      }
      expect(await dom0()).toBe(true)
      await expect.poll(dom0).toBe(false)
      await slow.rpc('VDI.destroy', disk)
    } finally {
      await slow.close()
    }
  })
})
