import { cpus, loadavg, totalmem } from 'node:os'

const GiB = 1024 ** 3

/** Where figures come from: without it they say nothing. */
export const machine = () => {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / GiB),
    node: process.version,
    /** processes that wanted to run, on average of the last minute: above the number of cores, figures of time say little */
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
    date: new Date().toISOString(),
  }
}

export const machineLine = (): string => {
  const { cpu, cores, memoryGiB, node, load, date } = machine()
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, load ${load} at the start, ${date.slice(0, 10)}`
}
