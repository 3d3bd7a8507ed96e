import { type SiteGraph, SiteStage, type SiteTask } from '#core/contracts/site-graph.ts'
import type { SiteRole } from '#core/contracts/site-roles.ts'

/** Of more tasks of one role one box stands for all, so that a site of 600 desktops is a picture still. */
const ALONE = 4

/** One box: a task, or many of one role. */
export interface Node {
  id: string
  stage: SiteStage
  role: SiteRole
  /** What it is called where it stands for one task. */
  title?: string
  count: number
}

export interface Topology {
  columns: { stage: SiteStage; nodes: Node[] }[]
  /** From what is waited for to what waits. */
  edges: { from: string; to: string }[]
}

const roleOf = ({ roles }: SiteTask): SiteRole => roles[0] ?? 'custom'

/** A picture of what a run of a site does: its tasks by their stages, many of one role in one box, and what waits for what. */
export const topologyOf = ({ tasks }: Pick<SiteGraph, 'tasks'>): Topology => {
  const groups = [...Map.groupBy(tasks, task => `${task.stage} ${roleOf(task)}`)]
  const nodes = groups.flatMap(([id, members]) => boxesOf(id, members))
  const boxOf = new Map(
    groups.flatMap(([id, members]) =>
      members.map(task => [task.id, members.length > ALONE ? id : task.id] as const),
    ),
  )
  const edges = new Map<string, Topology['edges'][number]>()
  for (const task of tasks)
    for (const before of task.after) {
      const [from, to] = [boxOf.get(before), boxOf.get(task.id)]
      if (from !== undefined && to !== undefined && from !== to)
        edges.set(`${from} ${to}`, { from, to })
    }
  const columns = SiteStage.options.map(stage => ({
    stage,
    nodes: nodes.filter(node => node.stage === stage),
  }))
  return { columns: columns.filter(column => column.nodes.length > 0), edges: [...edges.values()] }
}

const nameOf = (task: SiteTask): string => {
  switch (task.kind) {
    case 'vm':
    case 'template':
      return task.vmName
    case 'component':
      return `${task.guestName}: ${task.recipe}`
    case 'pool-metadata':
      return task.poolName
    case 'host':
      return task.hostName
  }
}

const boxesOf = (id: string, members: readonly SiteTask[]): Node[] => {
  const [first] = members
  if (first && members.length > ALONE)
    return [{ id, stage: first.stage, role: roleOf(first), count: members.length }]
  return members.map(task => ({
    ...{ id: task.id, stage: task.stage, role: roleOf(task) },
    ...{ title: nameOf(task), count: 1 },
  }))
}
