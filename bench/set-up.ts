import { cpus, totalmem } from 'node:os'

const GiB = 1024 ** 3

/** Where figures come from: without it they say nothing. */
export const machine = () => {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / GiB),
    node: process.version,
    date: new Date().toISOString(),
  }
}

export const machineLine = (): string => {
  const { cpu, cores, memoryGiB, node, date } = machine()
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, ${date.slice(0, 10)}`
}
