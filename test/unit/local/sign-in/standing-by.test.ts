import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startControlPlane } from '#local/control-plane.ts'
import { filesOf } from '#local/data-directory.ts'
import { setPassword } from '#local/sign-in/password.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-standing-by-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('people sign in, look and sign out where the control plane stands by', async () => {
  const region = { here: 'attic', first: 'cellar', others: ['cellar'] }
  const files = filesOf(folder)
  await writeFile(files.settings, JSON.stringify({ control: { port: 0, region } }))
  const password = await setPassword(files.password)
  const control = await startControlPlane(folder, () => undefined)
  try {
    const call = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(new URL(path, control.url), init)
      return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
    }
    const { status, json } = await call('/local/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    })
    expect(status).toBe(200)
    const headers = { authorization: `Bearer ${json.token}` }
    expect((await call('/v1/region', { headers })).json).toMatchObject({
      here: 'attic',
      standingBy: true,
    })
    expect(await call('/local/session', { method: 'DELETE', headers })).toMatchObject({
      status: 200,
    })
    expect((await call('/v1/region', { headers })).json).toMatchObject({ code: 'SIGN_IN_ENDED' })
  } finally {
    await control.stop()
  }
})
