import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'

export interface MaintenanceStoreUnderTest {
  /** Empty, and used by nobody else. */
  store: MaintenanceStore
  /** The store's own time, in milliseconds since 1970. */
  now: () => number
  /** Ends when that time is past. */
  pass: (until: number) => Promise<void>
  /** A deletion without version, by somebody who may. */
  hide?: (key: string) => Promise<void>
  /** A put without condition, by somebody who may. */
  overwrite?: (key: string, text: string) => Promise<void>
  close?: () => Promise<void>
}

const NOT_THERE = { code: 'OBJECT_NOT_FOUND' }
const LONG = 3_600_000 // ms
const SHORT = 5_000 // ms: what a test can wait for in real time

/**
 * What `MaintenanceStore` promises, on any adapter.
 * @param can what the place below can do. `versionNames`: without versioning, every object of S3 has the same version, "null"
 */
export const testMaintenanceStore = (
  name: string,
  can: { versions: boolean; versionNames: boolean; locks: boolean },
  open: () => Promise<MaintenanceStoreUnderTest>,
) =>
  describe(`maintenance store: ${name}`, () => {
    let under: MaintenanceStoreUnderTest
    let store: MaintenanceStore
    const put = (key: string, text = key) => store.put(key, [Buffer.from(text)])
    const read = async (key: string) => Buffer.from(await store.get(key)).toString()
    const versionsOf = (prefix: string) => Array.fromAsync(store.versions(prefix))
    const only = async (key: string): Promise<ObjectVersion> => {
      const [found, ...more] = await versionsOf(key)
      if (!found || more.length > 0) throw new Error(`${1 + more.length} versions of ${key}`)
      return found
    }
    const textOf = async ({ key, version }: ObjectVersion) =>
      Buffer.from(await store.getVersion(key, version)).toString()
    beforeAll(async () => {
      under = await open()
      store = under.store
    })
    afterAll(async () => under?.close?.())

    test('every object has a version, with size and the time of the store', async () => {
      for (const key of ['one/b', 'one/a/x', 'one/a-x', 'two/a']) await put(key)
      const found = await versionsOf('one/')
      expect(found.map(({ key, size, latest, deleteMarker }) => [key, size, latest, deleteMarker])) //
        .toEqual([
          ['one/a-x', 7, true, false],
          ['one/a/x', 7, true, false],
          ['one/b', 5, true, false],
        ])
      for (const { modified, version } of found) {
        expect(Math.abs(modified - under.now())).toBeLessThan(5 * 60_000)
        expect(version).not.toBe('')
      }
      const after = await Array.fromAsync(store.versions('one/', { after: 'one/a-x' }))
      expect(after.map(({ key }) => key)).toEqual(['one/a/x', 'one/b'])
      expect(await versionsOf('none/')).toEqual([])
    })

    test('a version is read, whole and in part', async () => {
      await put('read/a', 'abcdef')
      const { key, version } = await only('read/a')
      expect(Buffer.from(await store.getVersion(key, version)).toString()).toBe('abcdef')
      const part = await store.getVersion(key, version, { offset: 1, length: 2 })
      expect(Buffer.from(part).toString()).toBe('bc')
      expect(Buffer.from(await store.getVersion(key, version, { last: 1 })).toString()).toBe('f')
      expect(await store.getVersion(key, version, { last: 0 })).toHaveLength(0)
      await expect(store.getVersion(key, 'no-such-version')).rejects.toMatchObject(NOT_THERE)
      await expect(store.getVersion('read/b', version)).rejects.toMatchObject(NOT_THERE)
    })

    test('a removed version is gone, and only it', async () => {
      await put('remove/a')
      await put('remove/b')
      const { key, version } = await only('remove/a')
      await store.remove(key, version)
      await expect(store.get(key)).rejects.toMatchObject(NOT_THERE)
      expect(await store.stat(key)).toBeUndefined()
      expect(await versionsOf('remove/')).toMatchObject([{ key: 'remove/b' }])
      await store.remove(key, version)
      await store.remove('remove/never', version)
      await put(key, 'again')
      expect(await read(key)).toBe('again')
    })

    test.skipIf(!can.versionNames)(
      'the version of an older object removes no later one',
      async () => {
        await put('stale/a', 'old')
        const { key, version } = await only('stale/a')
        await store.remove(key, version)
        await put(key, 'younger')
        await store.remove(key, version)
        expect(await read(key)).toBe('younger')
      },
    )

    test('a key that is none is refused', async () => {
      const refused = { code: 'OBJECT_KEY_INVALID' }
      await expect(store.remove('../a', 'x')).rejects.toMatchObject(refused)
      await expect(store.getVersion('a//b', 'x')).rejects.toMatchObject(refused)
    })

    describe('versions', () => {
      const versioned = test.skipIf(!can.versions)
      const hide = async (key: string) => under.hide?.(key)
      const overwrite = async (key: string, text: string) => under.overwrite?.(key, text)

      versioned('what was overwritten is still there, newest first', async () => {
        await put('over/a', 'first')
        await overwrite('over/a', 'second')
        await put('over/b')
        expect(await read('over/a')).toBe('second')
        const found = await versionsOf('over/')
        expect(found.map(({ key, latest }) => [key, latest])).toEqual([
          ['over/a', true],
          ['over/a', false],
          ['over/b', true],
        ])
        expect(await Promise.all(found.map(textOf))).toEqual(['second', 'first', 'over/b'])
        const after = await Array.fromAsync(store.versions('over/', { after: 'over/a' }))
        expect(after.map(({ key }) => key)).toEqual(['over/b'])

        await store.remove('over/a', found[0]?.version ?? '')
        expect(await read('over/a')).toBe('first')
        expect(await versionsOf('over/a')).toMatchObject([{ latest: true }])
      })

      versioned('a deletion leaves a marker; without it the object is back', async () => {
        await put('hide/a', 'hidden')
        await hide('hide/a')
        await expect(store.get('hide/a')).rejects.toMatchObject(NOT_THERE)
        expect(await Array.fromAsync(store.list('hide/'))).toEqual([])
        const [marker, object] = await versionsOf('hide/')
        expect(marker).toMatchObject({ latest: true, deleteMarker: true, size: 0 })
        expect(object).toMatchObject({ latest: false, deleteMarker: false, size: 6 })
        expect(object && (await textOf(object))).toBe('hidden')
        await expect(store.getVersion('hide/a', marker?.version ?? '')).rejects.toMatchObject(
          NOT_THERE,
        )
        await store.remove('hide/a', marker?.version ?? '')
        expect(await read('hide/a')).toBe('hidden')
      })

      versioned('behind a marker a new object may be created', async () => {
        await put('behind/a', 'old')
        await hide('behind/a')
        await put('behind/a', 'new')
        expect(await read('behind/a')).toBe('new')
        expect((await versionsOf('behind/')).filter(v => !v.deleteMarker)).toHaveLength(2)
      })

      versioned('repair puts bytes above what has the name, which stays', async () => {
        await put('repair/a', 'first')
        await overwrite('repair/a', 'garbage')
        await store.supersede('repair/a', Buffer.from('first'))
        expect(await read('repair/a')).toBe('first')
        expect(await Promise.all((await versionsOf('repair/a')).map(textOf))).toEqual([
          'first',
          'garbage',
          'first',
        ])
        await under.hide?.('repair/a')
        await store.supersede('repair/a', Buffer.from('again'))
        expect(await read('repair/a')).toBe('again')
      })

      versioned('many versions of one key are all listed, each once', async () => {
        await put('many/a', '0')
        for (let i = 1; i < 8; i++) await overwrite('many/a', `${i}`)
        const found = await versionsOf('many/')
        expect(new Set(found.map(v => v.version)).size).toBe(8)
        expect(found.filter(v => v.latest)).toHaveLength(1)
        expect(await textOf(found[0] as ObjectVersion)).toBe('7')
      })
    })

    describe('locks', () => {
      const locking = test.skipIf(!can.locks)
      const locked = async (key: string, ms: number, mode: 'governance' | 'compliance') => {
        await put(key)
        await store.retain(key, under.now() + ms, mode)
        return only(key)
      }

      locking('a lock of either mode forbids removal until it has ended', async () => {
        const modes = ['governance', 'compliance'] as const
        const found = await Promise.all(modes.map(mode => locked(`locked/${mode}`, SHORT, mode)))
        let end = 0
        for (const { key, version } of found) {
          const lock = await store.retention(key, version)
          expect(key).toBe(`locked/${lock?.mode}`)
          await expect(store.remove(key, version)).rejects.toMatchObject({
            code: 'OBJECT_LOCKED',
            message: `The object "${key}" is locked until ${new Date(lock?.until ?? 0).toISOString()} and was not removed.`,
            until: lock?.until,
          })
          expect(await read(key)).toBe(key)
          end = Math.max(end, lock?.until ?? 0)
        }
        await under.pass(end)
        for (const { key, version } of found) await store.remove(key, version)
        expect(await versionsOf('locked/')).toEqual([])
      })

      locking('what lies behind a marker is still locked', async () => {
        const { key, version } = await locked('covered/a', LONG, 'governance')
        await under.hide?.(key)
        await expect(store.remove(key, version)).rejects.toMatchObject({ code: 'OBJECT_LOCKED' })
        expect((await store.retention(key, version))?.mode).toBe('governance')
        const [marker] = await versionsOf(key)
        await store.remove(key, marker?.version ?? '')
        expect(await read(key)).toBe(key)
      })

      locking('a lock is of one version: the next has none', async () => {
        const { key, version } = await locked('other/a', LONG, 'compliance')
        await under.overwrite?.(key, 'younger')
        expect(await store.retention(key)).toBeUndefined()
        expect((await store.retention(key, version))?.mode).toBe('compliance')
        const [youngest] = await versionsOf(key)
        await store.remove(key, youngest?.version ?? '')
        expect(await read(key)).toBe(key)
      })
    })
  })
