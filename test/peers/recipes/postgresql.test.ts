import { execFile } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemPrograms } from '#gateway-agent/recipes/program.ts'
import { jobsOf, ownRecipe, step } from '#test/support/recipes/job.ts'
import { type Cluster, startCluster } from '#test/support/recipes/postgres.ts'
import { realPorts, recipeRoom } from '#test/support/recipes/room.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'
import { describeWithTools } from '#test/support/tools.ts'

/*
 * Two servers of Debian's PostgreSQL. The first one is written to while it is saved; what is restored into the second one has to be the state of one
 * moment, whole, to the row.
 */
const run = promisify(execFile)

// Names that would be options, paths of libpq, patterns of a shell, or SQL, were they not quoted.
const ODD = `o'dd "db" = $(x)`

let first: Cluster
let second: Cluster

const guest = async (settings: object = {}, ports = realPorts(2_000)) => {
  const made = await recipeRoom({ allowed: { postgresql: settings }, ports })
  const { repository, jobId } = await newRepository(emptyStore())
  const passwordOf = (cluster: Cluster, name: string): string => {
    const file = join(made.dataDir, name)
    writeFileSync(file, cluster.password, { mode: 0o600 })
    return file
  }
  made.settings.postgresql = {
    parameters: { server: '127.0.0.1', user: 'postgres' },
    secrets: { password: passwordOf(first, 'first') },
    ...settings,
  }
  const restoresInto = (cluster: Cluster) => {
    made.settings.postgresql = {
      parameters: { server: '127.0.0.1', user: 'postgres' },
      secrets: { password: passwordOf(cluster, 'second') },
    }
  }
  return {
    ...made,
    repository,
    jobId,
    restoresInto,
    ...jobsOf({ ...made, repository, jobId }, 'postgresql'),
  }
}

describeWithTools(
  ['psql', 'pg_dump', 'pg_restore', 'pg_ctlcluster'],
  'the recipe for PostgreSQL',
  () => {
    beforeAll(async () => {
      ;[first, second] = await Promise.all([startCluster(), startCluster()])
      await first.sql(`CREATE ROLE clerk LOGIN PASSWORD 'x'`)
      for (const name of ['shop', ODD])
        await first.sql(`CREATE DATABASE "${name.replaceAll('"', '""')}"`)
      // Every booking moves money between two accounts, in one transaction: at each moment the sum is zero.
      await first.sql(
        `CREATE TABLE account (id int PRIMARY KEY, amount bigint NOT NULL);
       INSERT INTO account SELECT n, 0 FROM generate_series(1, 100) n;
       CREATE TABLE booking (id bigserial PRIMARY KEY, source int, target int, amount bigint);
       CREATE TABLE picture (id int PRIMARY KEY, bytes bytea);
       INSERT INTO picture SELECT n, decode(md5(n::text) || md5((n+1)::text), 'hex') FROM generate_series(1, 20000) n;
       GRANT SELECT ON account TO clerk;`,
        'shop',
      )
      await first.sql(
        `CREATE TABLE "t""b" (v text); INSERT INTO "t""b" VALUES ('ü\\'' ''x''')`.replace(
          "\\''",
          '\\',
        ),
        ODD,
      )
    }, 60_000)
    afterAll(async () => {
      await Promise.all([first?.close(), second?.close()])
    })

    test('saves a server that is written to, and restores it into another, to the row', async () => {
      const { capture, restore, restoresInto, log, close, dataDir } = await guest()
      const load = first.load(
        `BEGIN; UPDATE account SET amount = amount - 1 WHERE id = (SELECT 1 + floor(random() * 50)::int);
       UPDATE account SET amount = amount + 1 WHERE id = (SELECT 51 + floor(random() * 50)::int);
       INSERT INTO booking (source, target, amount) VALUES (1, 2, 1); COMMIT;`,
        'shop',
      )
      const { point } = await capture({ parameters: { port: first.port } })
      const done = await load.stop()
      expect(done).toBeGreaterThan(10)
      expect(point.consistency).toBe('application')
      expect(point.contents?.map(({ name }) => name).sort()).toEqual(
        ['roles.sql', 'postgres.dump', 'shop.dump', `${ODD}.dump`].sort(),
      )

      restoresInto(second)
      const report = await restore({ pointId: point.pointId, parameters: { port: second.port } })
      expect(report.stopped).toBeUndefined()
      const pictures = "SELECT count(*), md5(string_agg(bytes::text, ',' ORDER BY id)) FROM picture"
      expect(await second.sql(pictures, 'shop')).toEqual(await first.sql(pictures, 'shop'))
      const sums = await second.sql(
        'SELECT sum(amount), (SELECT count(*) FROM booking) FROM account',
        'shop',
      )
      const [sum, bookings] = (sums[0] ?? '').split('\t').map(Number)
      expect(sum).toBe(0)
      expect(bookings).toBeGreaterThan(0)
      // Both tables show the same moment.
      const moved = await second.sql('SELECT sum(amount) FROM account WHERE id > 50', 'shop')
      expect(Number(moved[0])).toBe(bookings)
      expect(await second.sql('SELECT v FROM "t""b"', ODD)).toEqual(
        await first.sql('SELECT v FROM "t""b"', ODD),
      )
      expect(
        await second.sql(`SELECT has_table_privilege('clerk', 'account', 'SELECT')`, 'shop'),
      ).toEqual(['t'])

      for (const line of log.lines) expect(line).not.toContain(first.password)
      expect(readdirSync(join(dataDir, 'guest/staging'))).toEqual([])

      // Roles are there by now, databases are replaced; one alone may be asked for.
      await second.sql('DROP TABLE picture', 'shop')
      const again = await restore({
        pointId: point.pointId,
        parameters: { port: second.port, databases: ['shop'] },
      })
      expect(again.stopped).toBeUndefined()
      expect(await second.sql(pictures, 'shop')).toEqual(await first.sql(pictures, 'shop'))
      await close()
    })

    test('a second point of what hardly changed stores little', async () => {
      const { capture, close } = await guest()
      const asked = { parameters: { port: first.port, databases: ['shop'] } }
      const { point: whole } = await capture(asked)
      await first.sql('UPDATE picture SET bytes = bytes WHERE id = 1', 'shop')
      const { point: again } = await capture(asked)
      expect(again.bytesNew).toBeLessThan(whole.bytesNew / 2)
      await close()
    })

    const failure = async (settings: object, parameters: object = {}) => {
      const { capture, close, dataDir, repository } = await guest(settings)
      const error = await capture({ parameters: { port: first.port, ...parameters } }).catch(
        thrown => thrown,
      )
      expect(readdirSync(join(dataDir, 'guest/staging').replace(/$/, '')).length).toBe(0)
      expect(await Array.fromAsync(repository.points())).toEqual([])
      await close()
      return error
    }

    test('a wrong password, no server, no such database: each in its sentence', async () => {
      const wrong = join('/tmp', `wrong-${process.pid}`)
      writeFileSync(wrong, 'not it', { mode: 0o600 })
      const open = { parameters: { server: '127.0.0.1', user: 'postgres' } }
      expect(await failure({ ...open, secrets: { password: wrong } })).toMatchObject({
        code: 'DATABASE_LOGIN_REFUSED',
        message: expect.stringContaining('password authentication failed for user "postgres"'),
      })
      expect(await failure({}, { databases: ['nope'] })).toMatchObject({
        code: 'DATABASE_NOT_FOUND',
        message: expect.stringContaining('database "nope" does not exist'),
      })
      expect(await failure({}, { port: 1 })).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    })

    test('a restore that fails half-way says where, and goes on from there', async () => {
      const { capture, restore, restoresInto, close } = await guest()
      const { point } = await capture({ parameters: { port: first.port, databases: ['shop'] } })
      restoresInto(second)
      const asked = { pointId: point.pointId, parameters: { port: second.port } }
      // Somebody works in the database that is to be replaced.
      const busy = second.load('SELECT pg_sleep(60);', 'shop')
      await expect
        .poll(() => second.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop'"))
        .toEqual(['1'])
      const stopped = await restore(asked)
      expect(stopped.stopped).toMatchObject({
        at: 'restoreDatabase',
        because: 'failed',
        ...{ number: 5, from: [5, 6] },
        problem: {
          code: 'DATABASE_IN_USE',
          message: expect.stringContaining('is being accessed by other users'),
        },
      })
      expect(stopped.steps.find(({ id }) => id === 'analyze')?.result).toBe('not-begun')
      await second.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'",
      )
      void busy.stop()
      const gone = await restore({ pointId: point.pointId, steps: { from: 5 } })
      expect(gone.stopped).toBeUndefined()
      await close()
    })

    test('a dump that breaks off is no point', async () => {
      // pg_dump writes half of it and fails: its connection is ended by an administrator.
      const programs = systemPrograms({ graceMs: 500 })
      const ports = realPorts()
      const { capture, close, repository } = await guest(
        {},
        {
          ...ports,
          run: (call, take) =>
            programs(
              call,
              take &&
                (async bytes => {
                  let size = 0
                  await take(
                    (async function* () {
                      for await (const part of bytes) {
                        size += part.length
                        yield part
                        if (size > 100_000 && call.argv[0] === 'pg_dump')
                          await first.sql(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'",
                          )
                      }
                    })(),
                  )
                }),
            ),
        },
      )
      await first.sql(
        "INSERT INTO picture SELECT n, decode(repeat(md5(n::text), 300), 'hex') FROM generate_series(30001, 30800) n",
        'shop',
      )
      const error = await capture({ parameters: { port: first.port, databases: ['shop'] } }).catch(
        thrown => thrown,
      )
      expect(error).toMatchObject({
        code: 'RECIPE_STEP_FAILED',
        message: expect.stringContaining('saveDatabase'),
      })
      expect(await Array.fromAsync(repository.points())).toEqual([])
      await close()
    })
  },
)

describeWithTools(
  ['mke2fs', 'mount', 'umount'],
  'a staging folder on a disk that is too small',
  () => {
    test('is told before and in the middle, and is emptied', async () => {
      const { room, dataDir, repository, jobId, settings, close } = await guestOfFiles()
      const mounted = join(dataDir, 'guest', 'staging')
      const image = join(dataDir, 'disk.img')
      await mkdir(mounted, { recursive: true })
      await run('truncate', ['--size=4M', image])
      await run('mke2fs', ['-q', '-F', '-m', '0', image])
      await run('mount', ['-o', 'loop', image, mounted])
      try {
        const writing = {
          exec: { argv: ['/bin/dd', 'if=/dev/zero', 'of=${staging}/file', 'bs=1M', 'count=16'] },
        }
        const own = (more: object) =>
          ownRecipe(dataDir, { phases: { capture: [step(writing, more)] } })
        settings.own = {}
        own({ stagingBytes: '16777216' })
        const { capture } = jobsOf({ room, repository, jobId }, 'own')
        await expect(capture()).rejects.toMatchObject({
          code: 'STAGING_FULL',
          message: expect.stringMatching(/16 MiB are needed, and \d MiB are free/),
        })
        own({})
        await expect(capture()).rejects.toMatchObject({
          code: 'STAGING_FULL',
          message: expect.stringContaining('No space left on device'),
        })
        expect(readdirSync(mounted).filter(name => name !== 'lost+found')).toEqual([])
      } finally {
        await run('umount', [mounted])
        await close()
      }
    })
  },
)

const guestOfFiles = async () => {
  const made = await recipeRoom()
  return { ...made, ...(await newRepository(emptyStore())) }
}
