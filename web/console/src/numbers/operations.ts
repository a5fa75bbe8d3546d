// What the screen of numbers asks for.

import { graphql } from "../gql";

export const DailyNumbers = graphql(`
  query DailyNumbers($days: [Date!]!, $timeZone: TimeZone!, $courseId: ID) {
    dailyNumbers(days: $days, timeZone: $timeZone, courseId: $courseId) {
      day
      courses {
        course { id title }
        captured { ...MoneyParts }
        refunded { ...MoneyParts }
        payments
        bought
        granted
      }
    }
  }
`);
