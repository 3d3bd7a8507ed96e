import { z } from 'zod'
import { parseTemplate } from './recipe-templates.ts'

/** Names of parameters, facts, secrets and steps. */
export const ValueName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,62}$/, 'must be a name: letters and digits, a small letter first')

/** Text with places for values (recipe-templates.ts). */
export const Template = z
  .string()
  .max(8_192)
  .refine(text => parseTemplate(text) !== undefined, {
    message: 'has a "${" that is no place for a value: write ${name}, or $${ for the characters',
  })

const isPattern = (text: string): boolean => {
  try {
    return Boolean(new RegExp(text, 'mu'))
  } catch {
    return false
  }
}
/** A regular expression of JavaScript with the flags `m` and `u`. */
export const Pattern = z.string().max(500).refine(isPattern, 'is no regular expression')

/** Which secret of the guest's own settings stands here. Never in an argument, a log or a result. */
export const SecretRef = z.strictObject({ secret: ValueName })
const TextOrSecret = z.union([Template, SecretRef])
export type TextOrSecret = z.infer<typeof TextOrSecret>

const Environment = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,100}$/), TextOrSecret)
const Argv = z.array(Template).min(1).max(200)

/** How a fact is found in what a program wrote: all of it, the first group of a pattern, or a member of its JSON. */
const TextGives = z
  .strictObject({
    from: z.enum(['stdout', 'stderr']).default('stdout'),
    pattern: Pattern.optional(),
    /** Members of the JSON that was written, from the outside in; a number picks from a list. */
    json: z.array(z.string().max(200)).min(1).max(10).optional(),
    /** Every match of the pattern, every line, every item of the JSON list. */
    list: z.literal(true).optional(),
    /** What is not there is the empty text; else it is an error. */
    optional: z.literal(true).optional(),
  })
  .refine(({ pattern, json }) => pattern === undefined || json === undefined, {
    message: 'takes either pattern or json, and not both',
  })
export type TextGives = z.infer<typeof TextGives>

const gives = <T extends z.ZodType>(how: T) => z.record(ValueName, how)

const Expect = z.strictObject({
  /** Exit codes that mean success. */
  exit: z.array(z.int().min(0).max(4_294_967_295)).min(1).max(20).default([0]),
  stdout: Pattern.optional(),
  stderr: Pattern.optional(),
})

/** Runs a program. There is no shell: each item is one argument, whatever is in it; an item that is one list becomes as many arguments. */
const Exec = z.strictObject({
  argv: Argv,
  env: Environment.optional(),
  stdin: TextOrSecret.optional(),
  expect: Expect.prefault({}),
  gives: gives(TextGives).optional(),
})

const SqlEngine = z.enum(['postgresql', 'sqlserver'])
export type SqlEngine = z.infer<typeof SqlEngine>

/** Runs statements. In the text every place says how its value is quoted. */
const Sql = z.strictObject({
  engine: SqlEngine,
  connection: z
    .strictObject({
      /** Host, or folder of the socket; of SQL Server also the instance. Empty: the engine's own default, as for all of these. */
      server: Template.optional(),
      port: Template.optional(),
      user: Template.optional(),
      password: SecretRef.optional(),
    })
    .optional(),
  database: Template.optional(),
  /** Lines of one text. */
  text: z.array(Template).min(1).max(500),
  /** More values for the text, put together from others. */
  parameters: z.record(ValueName, Template).optional(),
  gives: gives(
    z.strictObject({
      /** Of the last result, from 1 on; its first row unless `list`. */
      column: z.int().min(1).max(100).default(1),
      list: z.literal(true).optional(),
      optional: z.literal(true).optional(),
    }),
  ).optional(),
})

/** A tree of files. In `capture` it is read, in `restore` what was kept under the name is written. */
const FileTree = z.strictObject({
  root: Template,
  /** Its name in the recovery point. */
  as: Template,
  /** Patterns as in .gitignore; an item that is one list becomes as many patterns. */
  include: z.array(Template).max(1_000).optional(),
  exclude: z.array(Template).max(1_000).optional(),
  /** Whole paths of the machine, no patterns: what of them lies below `root` is left out. */
  without: z.array(Template).max(1_000).optional(),
  oneFileSystem: z.boolean().optional(),
})

/** In `capture` what a program writes is kept, in `restore` what was kept is given to a program, on its standard input. */
const Stream = z.strictObject({
  argv: Argv,
  as: Template,
  env: Environment.optional(),
  expect: Expect.prefault({}),
  /** `capture` only: a program that gets the same bytes and says by its exit code whether they are whole. */
  checkedBy: z.strictObject({ argv: Argv, env: Environment.optional() }).optional(),
})

/** In `capture` a file is kept as a stream, in `restore` it is written. */
const KeptFile = z.strictObject({ path: Template, as: Template })

const Ldap = z.strictObject({
  url: Template,
  bind: z.strictObject({ dn: Template, password: SecretRef }).optional(),
  base: Template,
  scope: z.enum(['base', 'one', 'sub']),
  /** Values are escaped as RFC 4515 has it. */
  filter: Template,
  gives: gives(
    z.strictObject({
      attribute: z.string().min(1).max(200),
      list: z.literal(true).optional(),
      optional: z.literal(true).optional(),
    }),
  ),
})

const Http = z.strictObject({
  method: z.enum(['GET', 'POST']),
  /** Values are percent-encoded; `http:` only to this machine itself. */
  url: Template,
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), TextOrSecret).optional(),
  body: TextOrSecret.optional(),
  expect: z
    .strictObject({
      status: z.array(z.int().min(100).max(599)).min(1).max(20).default([200]),
      body: Pattern.optional(),
    })
    .prefault({}),
  gives: gives(TextGives).optional(),
})

/** What the agent knows by itself, and values put together from others; a template that is one list gives a list. */
const Facts = z.strictObject({
  gives: gives(
    z.union([
      Template,
      z.strictObject({ of: z.enum(['hostname', 'osName', 'osVersion', 'architecture']) }),
    ]),
  ),
})

/** Describes a Linux machine, so that it can be made anew on empty disks. In `capture` the description is kept, with what a BIOS starts from its disks. */
const MachineOf = z.strictObject({
  /** Where its root file system is mounted. */
  root: Template,
  gives: gives(
    z.strictObject({
      of: z.enum(['folders', 'leftOut', 'hostname', 'firmware', 'disks', 'unsupported']),
    }),
  ),
})

/** A person does it and confirms; the restore stops here until then. */
const Manual = z.strictObject({ text: Template })

/** A rule of core/recipes/rules.ts. Broken it stops the restore, unless somebody overrode it and said why. */
const Rule = z.strictObject({ name: z.string().max(100), with: z.record(ValueName, Template) })

/** Whether a step is done: its value is there and not empty (`given`), is or is not this text. */
const Condition = z.strictObject({
  value: z.string().max(100),
  given: z.boolean().optional(),
  is: Template.optional(),
  isNot: Template.optional(),
})
export type Condition = z.infer<typeof Condition>

const actions = {
  exec: Exec.optional(),
  sql: Sql.optional(),
  fileTree: FileTree.optional(),
  stream: Stream.optional(),
  file: KeptFile.optional(),
  ldap: Ldap.optional(),
  http: Http.optional(),
  facts: Facts.optional(),
  machine: MachineOf.optional(),
  manual: Manual.optional(),
  rule: Rule.optional(),
}
export type ActionKind = keyof typeof actions
export const ACTIONS = Object.keys(actions) as ActionKind[]

/** One step of a phase, and exactly one action. */
export const Step = z
  .strictObject({
    id: ValueName,
    /** What it does, in words that an administrator reads. */
    does: z.string().min(1).max(500),
    /** `reads` changes nothing; `pauses` holds work up until the release; `writes` changes data or settings. */
    effects: z.enum(['reads', 'pauses', 'writes']),
    timeoutSeconds: z.int().min(1).max(172_800),
    /** All of them, or the step is left out. */
    when: z.union([Condition, z.array(Condition).min(1).max(10)]).optional(),
    /** Once for each item of this list, as `${item}`. */
    forEach: z.string().max(100).optional(),
    /** Bytes that it writes into `${staging}`: they have to be free. */
    stagingBytes: Template.optional(),
    /** Of a restore: the step before it whose effect it ends, as a start ends a stop. It is done too where the restore is given up in between. */
    undoes: ValueName.optional(),
    ...actions,
  })
  .refine(step => ACTIONS.filter(kind => step[kind] !== undefined).length === 1, {
    message: `needs exactly one of ${ACTIONS.join(', ')}`,
  })
export type Step = z.infer<typeof Step>
