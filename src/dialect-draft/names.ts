// The names that products have for the same thing. The lists are those of forty public webhook APIs.

import { type Schema, typeOf } from './openapi.ts'

const names = {
  url: 'url endpoint endpointurl webhookurl callbackurl callback notificationurl target targeturl deliveryurl address',
  eventTypes: 'events eventtypes enabledevents topics topic event eventtype filtertypes resourcetypes triggers trigger',
  enabled: 'enabled active isactive isenabled',
  disabled: 'disabled isdisabled paused ispaused inactive',
  state: 'status state',
  secret: 'secret signingsecret signingkey webhooksecret sharedsecret token hmackey password',
  secrets: 'secrets signingsecrets',
  description: 'description name label title note displayname',
  createdAt: 'created createdat createdon createddate datecreated creationdate',
  updatedAt: 'updated updatedat updatedon modified modifiedat lastmodified lastmodifiedat',
  headers: 'headers customheaders httpheaders',
  tenant: 'orgid organizationid organisationid companyid accountid teamid workspaceid projectid',
} as const

export type Meaning = keyof typeof names

const byName = new Map(
  Object.entries(names).flatMap(([meaning, list]) =>
    list.split(' ').map((name) => [name, meaning as Meaning] as const),
  ),
)

/** The name without the objects that it is in, in small letters. */
export function plainName(name: string): string {
  const [last = ''] = name.split('.').slice(-1)
  return last.toLowerCase().replaceAll(/[^a-z]/g, '')
}

/** The meaning of a field by its name; undefined: the name is on no list. */
export function meaningOf(name: string): Meaning | undefined {
  return byName.get(plainName(name))
}

/** The place of a name on the list of its meaning: the commonest names come first. */
export function rankOf(name: string): number {
  const meaning = meaningOf(name)
  return meaning === undefined ? Infinity : names[meaning].split(' ').indexOf(plainName(name))
}

const types: Readonly<Partial<Record<Meaning, readonly string[]>>> = {
  url: ['string'],
  eventTypes: ['array', 'string'],
  secret: ['string', 'array'],
  secrets: ['array', 'string'],
  description: ['string'],
}

/** The meaning of a field by its name and its type. */
export function partOf(name: string, schema: Schema): Meaning | undefined {
  const meaning = meaningOf(name)
  const type = typeOf(schema)
  if (meaning === undefined || type === undefined) return meaning
  return types[meaning]?.includes(type) === false ? undefined : meaning
}

/** Whether a name is one that products have for the id. */
export function isIdName(name: string): boolean {
  return idNames.includes(name.toLowerCase().replaceAll(/[^a-z]/g, ''))
}

export const idNames = ['id', 'uuid', 'guid', 'webhookid', 'hookid', 'sid']

/** The words of a state: on, and off. */
export function wordsOf(choices: readonly unknown[]): readonly [on: string, off: string] | null {
  const texts = choices.filter((one) => typeof one === 'string')
  const on = texts.find((one) => /^(?:enabled|active|on)$/i.test(one))
  const off = texts.find((one) => /^(?:disabled|inactive|paused|off|suspended)$/i.test(one))
  return on === undefined || off === undefined ? null : [on, off]
}

/** The members that hold a list, the likeliest first. */
export const listNames = ['data', 'results', 'items', 'collection', 'value', 'webhooks'] as const

/** The paths that are about webhooks have such a word. */
export const resourcePattern = /webhook|hook|subscription|endpoint|sink|callback/i
