/*
 * A simulated pool with one VM, beside the agent that is measured. Arguments: file of its raw disk, network purpose (nbd, insecure_nbd,
 * none). Prints how to reach it as JSON and serves until it is killed.
 */
import { startPool } from '#sim/pool.ts'

const [disk = '', nbd] = process.argv.slice(2)
const pool = await startPool({
  vms: [{ name: 'measured', disks: [disk] }],
  nbd: nbd as 'nbd' | 'insecure_nbd' | 'none',
  timing: { authenticationDelay: 0, snapshot: 0, power: 0, eventBatching: 5, dom0Linger: 50 },
})
const { hosts, user, password, vms } = pool
console.log(
  JSON.stringify({
    url: hosts[0]?.url,
    user,
    password,
    fingerprints: hosts.map(({ certificateFingerprint }) => certificateFingerprint),
    vmUuid: vms.measured,
  }),
)
