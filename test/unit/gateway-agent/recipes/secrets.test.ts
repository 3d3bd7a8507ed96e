import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StepPorts } from '#gateway-agent/recipes/ports.ts'
import { redactor } from '#gateway-agent/recipes/redact.ts'
import { jobsOf, ownRecipe, step } from '#test/support/recipes/job.ts'
import { realPorts, recipeRoom } from '#test/support/recipes/room.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

// Long enough that it is in no sentence of ours by chance; with all that quotes, URLs and JSON write otherwise.
const secrets = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9]{8}$/), fc.string({ unit: 'grapheme', maxLength: 12 }))
  .map(([solid, odd]) => `${solid}${odd.replace(/[\r\n\0]/g, '')}'"& %\\`)

const use = { secret: 'password' }
const actions = {
  exec: { exec: { argv: ['/bin/tool'], env: { P: use }, stdin: use, gives: { told: {} } } },
  sql: {
    sql: {
      engine: 'postgresql',
      connection: { password: use },
      text: ['SELECT 1;'],
      gives: { told: {} },
    },
  },
  ldap: {
    ldap: {
      url: 'ldaps://x',
      bind: { dn: 'x', password: use },
      base: 'x',
      scope: 'base',
      filter: '(a=b)',
      gives: { told: { attribute: 'a' } },
    },
  },
  http: {
    http: {
      method: 'GET',
      url: 'https://x/',
      headers: { Authorization: use },
      gives: { told: {} },
    },
  },
}

/** Everything that is asked says everything that it was given, in whatever way it is written there. */
const telltales = (secret: string, fails: boolean, argvs: string[]): StepPorts => {
  const all = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret),
    secret.replaceAll("'", "''"),
  ].join(' | ')
  return {
    run: async ({ argv, env, stdin }, take) => {
      argvs.push(...argv)
      expect(env.P ?? secret).toBe(secret)
      expect(stdin ?? secret).toBe(secret)
      await take?.((async function* () {})())
      return fails ? { exit: 1, stdout: all, stderr: all } : { exit: 0, stdout: all, stderr: all }
    },
    sql: async ({ password }) => {
      expect(password).toBe(secret)
      return fails ? { said: all } : { rows: [[all]] }
    },
    ldap: async ({ bind }) => {
      expect(bind?.password).toBe(secret)
      return fails ? { said: all } : { values: { a: [all] } }
    },
    http: async ({ headers }) => {
      expect(headers.Authorization).toBe(secret)
      return { status: fails ? 401 : 200, body: all }
    },
  }
}

test('whoever tells a secret that was handed over, it is in no argument, log, fact, error or result', async () => {
  await fc.assert(
    fc.asyncProperty(
      secrets,
      fc.constantFrom(...Object.keys(actions)) as fc.Arbitrary<keyof typeof actions>,
      fc.boolean(),
      async (secret, kind, fails) => {
        const argvs: string[] = []
        const ports = telltales(secret, fails, argvs)
        const { room, settings, log, dataDir, close } = await recipeRoom({ ports })
        ownRecipe(dataDir, {
          secrets: { password: { description: 'Of a test.' } },
          phases: {
            probe: [step(actions[kind])],
            capture: [step({ stream: { argv: ['/bin/tool', '--of=${told}'], as: 'x' } })],
          },
        })
        const file = join(dataDir, 'secret')
        writeFileSync(file, secret, { mode: 0o600 })
        settings.own = { secrets: { password: file } }
        const { repository, jobId } = await newRepository(emptyStore())
        const came = await jobsOf({ room, repository, jobId }, 'own')
          .capture()
          .catch(({ message, advice, code }) => ({ message, advice, code }))
        const kept: unknown[] = []
        for await (const ref of repository.points())
          kept.push((await repository.readPoint(ref)).subject)
        const solid = secret.slice(0, 8)
        expect(JSON.stringify([argvs, log.lines, came, kept])).not.toContain(solid)
        await close()
      },
    ),
    { numRuns: 20 },
  )
})

test('a secret within another one hides no less', () => {
  expect(redactor(['abc', 'abcdef', ''])('x abcdef abc y')).toBe('x *** *** y')
})

test('hashed passwords of logins, and passwords of connection strings, are told by nobody', () => {
  const hide = redactor([])
  const hash = `0x0200${'A1'.repeat(68)}`
  expect(hide(`Msg 102, Level 15\nIncorrect syntax near '${hash}'.`)).toBe(
    "Msg 102, Level 15\nIncorrect syntax near '***'.",
  )
  expect(hide("ALTER ROLE x PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5';")).toBe(
    "ALTER ROLE x PASSWORD '***';",
  )
  expect(hide(`PASSWORD 'md5${'0f'.repeat(16)}'`)).toBe("PASSWORD '***'")
  expect(hide('Server=SQL1;User ID=sa;Password=s3cret;Database=x; pwd = "a b";')).toBe(
    'Server=SQL1;User ID=sa;Password=***;Database=x; pwd = ***;',
  )
  // Identifiers of logins, checksums and words that only look alike stay.
  for (const told of ['SID = 0x5D1C5E8B5D3C2B4E9B0F7E6A1C2D3E4F', 'md5sum', 'no password supplied'])
    expect(hide(told)).toBe(told)
})

test('a secret across the place where a long output is cut is not told in part', async () => {
  const secret = 'correct-horse-battery-staple'
  const ends = { exit: 1, stdout: '', stderr: `${secret}${'.'.repeat(385)}` }
  const ports = {
    ...realPorts(),
    run: async () => ends,
    http: async () => ({ status: 500, body: `${'.'.repeat(285)}${secret}` }),
  }
  for (const action of [
    { exec: { argv: ['/bin/tool'] } },
    { http: { method: 'GET', url: 'https://localhost/' } },
  ]) {
    const { room, settings, dataDir, close } = await recipeRoom({ ports })
    ownRecipe(dataDir, {
      secrets: { password: { description: 'Of a test.' } },
      phases: { capture: [step(action)] },
    })
    const file = join(dataDir, 'secret')
    writeFileSync(file, secret, { mode: 0o600 })
    settings.own = { secrets: { password: file } }
    const repository = await newRepository(emptyStore())
    const { message } = await jobsOf({ room, ...repository }, 'own')
      .capture()
      .catch(error => error)
    expect(message).toContain('....')
    expect(message).not.toMatch(/correct|staple/)
    await close()
  }
})
