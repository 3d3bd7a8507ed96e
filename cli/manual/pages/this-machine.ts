import type { Pages } from '../page.ts'

/** Commands of one machine: its own XenKeep, its console, its shell. */
export const thisMachine: Pages = {
  up: {
    calls: [],
    json: {
      told: 'One document per line, each with an "event": "repository-created" {repository, id, recoveryKit or recoveryKitFile} where the first start made one; "ready" {url, repository, pools, vms, and at the first start password}; at last "stopped".',
    },
    needs: [
      'The first start: a host of the pool that answers, a user on it, and room for the repository.',
      'A data directory on which nothing else runs; whoever runs it owns what is made there.',
    ],
    exits: {
      failed: 'a part of it cannot work like this; the reason stands above',
      unreachable: 'the pool or the store of the repository does not answer',
      refused: 'the pool refuses the user, or the passphrase does not open the repository',
    },
    variables: ['XENKEEP_DATA', 'XENKEEP_PASSPHRASE'],
    see: ['console', 'demo', 'cli.md', 'operations.md'],
  },
  console: {
    calls: [],
    json: { told: 'One document: {"url"}.' },
    needs: ['The machine on which "xenkeep up" runs, and the right to read its data directory.'],
    exits: { unreachable: 'XenKeep does not run on this data directory' },
    variables: ['XENKEEP_DATA'],
    see: ['up', 'login', 'console.md'],
  },
  'console password': {
    calls: [],
    json: { told: 'One document: {"password"}; it is told this once.' },
    needs: ['The right to write the data directory. XenKeep need not run.'],
    variables: ['XENKEEP_DATA'],
    see: ['console', 'login', 'console.md'],
  },
  login: {
    calls: ['getCaller'],
    json: { told: 'One document: {"url", "name", "role"}.' },
    needs: [
      'The address of the console: https, or http to this machine (a tunnel). A browser on this machine, or with --no-browser on any other.',
    ],
    variables: ['XENKEEP_CONSOLE_PASSWORD', 'XDG_CONFIG_HOME', 'HOME', 'BROWSER'],
    see: ['logout', 'whoami', 'sign-in.md'],
  },
  logout: {
    calls: [],
    json: { told: 'One document: {"url", "signedIn": false}.' },
    exits: { unreachable: 'signed out here, but the XenKeep could not be told' },
    variables: ['XENKEEP_URL', 'XDG_CONFIG_HOME', 'HOME'],
    see: ['login', 'sign-in.md'],
  },
  whoami: {
    calls: ['getCaller'],
    json: { answer: 'getCaller' },
    see: ['login', 'tokens list', 'who-may.md'],
  },
  openapi: {
    calls: ['getOpenapi'],
    json: { answer: 'getOpenapi' },
    see: ['tokens create', 'api.md'],
  },
  demo: {
    calls: [],
    json: {
      told: 'One document per line, each with an "event": "chapter" {title}, "claim" {claim, measured, proven}, at last "ended" {proven, seconds, claims}.',
    },
    needs: [
      'Room for 1 GiB in the temporary directory; no pool and no account.',
      'With --site: PostgreSQL (postgresql) for the database, and Samba (samba-ad-dc) and root for the directory. What is missing is left out, and the summary says so.',
    ],
    exits: { failed: 'something that it claims was not proven' },
    interruptible: true,
    see: ['up', 'cli.md', 'xendesktop.md'],
  },
  completion: {
    calls: [],
    json: { told: 'One document: {"shell", "script"}.' },
    needs: ['xenkeep on the PATH: the script asks the program itself at each tab.'],
    see: ['cli.md'],
  },
  cost: {
    calls: [],
    callsWith: { 'no --vms or no --tb': ['listVms'] },
    json: {
      told: 'One document: the bill, in USD a month: {"region", "pricesAsOf", "confirmed", "lines", …}; docs/cost.md tells each line.',
    },
    needs: ['Where --vms or --tb is not given: a running XenKeep, and the role viewer.'],
    see: ['policies preview', 'cost.md'],
  },
}
