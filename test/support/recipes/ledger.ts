import { step } from './job.ts'

const writes = { effects: 'writes' }
const append = (name: string) =>
  step(
    { exec: { argv: ['/usr/bin/tee', '-a', `\${folder}/${name}`], stdin: `${name}\n` } },
    { id: name, ...writes },
  )
/** Ends when nobody holds the lock. */
const whenFree = (id: string, lock: string, more: object = {}) =>
  step(
    { exec: { argv: ['/usr/bin/flock', `\${folder}/${lock}`, '/bin/true'] } },
    { id, timeoutSeconds: 300, ...more },
  )

/** A recipe with everything that a restore may stop at: what it stops and starts, what it lays into the staging folder, a step for a person, and two that a lock holds up. */
export const LEDGER = {
  ...{ name: 'ledger', version: 1, title: 'Ledger', description: 'Of a test.', roles: ['custom'] },
  ...{ os: 'linux', evidence: 'tested', privileges: [], consistency: 'application', secrets: {} },
  parameters: { folder: { description: 'Where it lies.', kind: 'path', local: true } },
  phases: {
    capture: [step({ file: { path: '${folder}/data', as: 'data' } }, { id: 'keep' })],
    restore: [
      append('stopped'),
      whenFree('settle', 'lock'),
      step({ file: { path: '${staging}/data', as: 'data' } }, { id: 'lay', ...writes }),
      step(
        { manual: { text: 'Look at ${staging}/data, and switch the ledger off.' } },
        { id: 'off', ...writes },
      ),
      step(
        { exec: { argv: ['/bin/cp', '${staging}/data', '${folder}/back'] } },
        { id: 'copy', ...writes },
      ),
      whenFree('reckon', 'slow', writes),
      { ...append('started'), undoes: 'stopped' },
    ],
  },
}
