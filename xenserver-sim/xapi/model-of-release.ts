import { hasReached, type Release } from '../releases.ts'
import type { ClassModel, DataModel, MessageModel } from './data-model.ts'

/** Where the data model does not tell when something came: the version of xapi that brought it, by `class.member`. */
const since: Readonly<Record<string, string>> = {
  'VM.actions_after_softreboot': '23.1',
  'VM.pending_guidances_full': '23.18',
  'VM.pending_guidances_recommended': '23.18',
  'VM.restart_device_models': '23.30',
  'host.https_only': '22.27',
  'host.last_software_update': '22.20',
  'host.last_update_hash': '24.10',
  'host.latest_synced_updates_applied': '23.18',
  'host.numa_affinity_policy': '23.10',
  'host.pending_guidances_full': '23.18',
  'host.pending_guidances_recommended': '23.18',
  'message.destroy_many': '22.19',
  'pool.https_only': '22.27',
}

/** Members of whole classes that came late: virtual TPMs, and the settings of pools that the model leaves undated. */
const sinceOfClass: Readonly<Record<string, string>> = {
  VTPM: '22.26',
  pool: '22.27',
  host: '22.27',
}

/** Parameters that a message got after it was published. */
const lateParameters: Readonly<Record<string, string>> = { 'VM.snapshot.ignore_vdis': '21.4' }

const cameWith = (className: string, name: string, published: string | undefined): string => {
  const field = name.replace(/^(get|set|add_to|remove_from|add|remove)_/, '')
  return (
    since[`${className}.${name}`] ??
    since[`${className}.${field}`] ??
    published ??
    sinceOfClass[className] ??
    'rio'
  )
}

const messageOf = (release: Release, message: MessageModel): MessageModel => {
  const { className, name, params, life } = message
  const { removed, ...rest } = life
  return {
    ...message,
    params: params.filter(parameter => {
      const late = lateParameters[`${className}.${name}.${parameter.name}`]
      return late === undefined || hasReached(release, late)
    }),
    // What a later release removed is served here.
    life: removed !== undefined && hasReached(release, removed) ? life : rest,
  }
}

const classOf = (release: Release, model: ClassModel): ClassModel => {
  const has = (name: string, published: string | undefined) =>
    hasReached(release, cameWith(model.name, name, published))
  return {
    ...model,
    fields: new Map([...model.fields].filter(([name, { life }]) => has(name, life.published))),
    messages: new Map(
      [...model.messages]
        .filter(([name, { life }]) => has(name, life.published))
        .map(([name, message]) => [name, messageOf(release, message)]),
    ),
  }
}

/** The part of the data model that a release serves. */
export const modelOfRelease = (model: DataModel, release: Release): DataModel =>
  new Map([...model].map(([name, c]) => [name, classOf(release, c)]))
