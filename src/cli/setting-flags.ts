// The settings of the service as options of commands.

import { type Command, Option } from 'commander'
import { flagOf, type SettingName, settingTable } from '../config/settings.ts'

export type SettingFlags = Partial<Record<SettingName, string>>

export interface DialectFlags {
  /** Files that define dialects, besides those of the settings. */
  readonly dialect: readonly string[]
}

/** Adds an option for each setting, and `--dialect`. */
export function settingOptions(command: Command, isShown: boolean): Command {
  for (const name of Object.keys(settingTable) as SettingName[]) {
    const { variable, meaning, default: standard, parse } = settingTable[name]
    const defaultText = standard === null || standard === '' ? '' : `, default ${standard}`
    const option = new Option(`${flagOf(name)} <value>`, `${meaning} (${variable}${defaultText})`).hideHelp(!isShown)
    // The parser of the setting checks the value.
    if (parse.choices !== undefined) option.argChoices = [...parse.choices]
    command.addOption(option)
  }
  return command.addOption(
    new Option('--dialect <file>', 'one more file that defines a dialect; may be given several times')
      .argParser((file: string, files: readonly string[]) => [...files, file])
      .default([], 'none')
      .hideHelp(!isShown),
  )
}

/** The message with the option in place of each variable whose value came from an option. */
export function inFlags(message: string, flags: SettingFlags): string {
  const given = Object.keys(flags) as SettingName[]
  const names = new Map(given.map((name) => [settingTable[name].variable, flagOf(name)]))
  return message.replaceAll(/POSTHORN_[A-Z_]+/g, (variable) => names.get(variable) ?? variable)
}
