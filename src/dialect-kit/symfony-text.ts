import type { Fault } from './errors.ts'

/** The message of a fault, as Symfony's validator writes it. */
export function symfonyText({ field, rule, message, limit, expected = '', value }: Fault): string {
  if (rule === 'required' || (rule === 'length' && value === '')) return 'This value should not be blank.'
  if (rule === 'type') return `This value should be of type ${expected.replaceAll(' or ', '|')}.`
  if (rule === 'length' && typeof value === 'string' && limit !== undefined) {
    return `This value is too long. It should have ${limit} characters or less.`
  }
  return field === 'url' ? `The URL ${message}.` : `This value ${message}.`
}
