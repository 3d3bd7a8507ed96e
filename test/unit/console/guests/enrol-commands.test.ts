import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  linuxEnrolment,
  linuxSettings,
  windowsEnrolment,
  windowsSettings,
} from '#console/pages/guests/enrol-commands.ts'

/*
 * Motivation: what is copied into a shell of root is run as it stands, and names are written by people.
 * Steps: names with quotes, dollars and semicolons become words of a command, which a shell reads; PowerShell is not here, so its text is looked at.
 * Passes when the shell hands on what was written, and nothing of it is run.
 */

const NAME = `it's $(touch /tmp/hurt); "x" \\ \`y\``
const of = { code: 'ABCDE-12345', control: 'https://xenkeep.example.org', name: NAME }

test('a shell hands on the name as it was written', () => {
  const line = linuxSettings(of).split(' --json')[0] ?? ''
  const words = execFileSync('/bin/sh', [
    '-c',
    `node() { printf '%s\\n' "$@"; }\n${line}`,
  ]).toString()
  expect(words.split('\n')).toEqual(
    expect.arrayContaining(['--name', NAME, '--control', of.control]),
  )
  expect(words).toContain('<s3://bucket/prefix>')
})

test('the code goes into a file of its owner alone', () => {
  expect(linuxEnrolment(of)).toContain('umask 077')
  expect(linuxEnrolment(of)).toContain("printf %s 'ABCDE-12345' >")
})

test('PowerShell takes single quotes of every kind for quotes, and gets each twice', () => {
  const told = { ...of, name: 'Jan’s ‘SQL’ $x' }
  expect(windowsSettings(told)).toContain("--name 'Jan’’s ‘‘SQL’’ $x'")
  expect(windowsEnrolment(told)).toContain("enrolment-code' 'ABCDE-12345'")
})
