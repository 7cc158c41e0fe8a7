/// The ten sentences of the tour, each with one line of why.
enum DemoTour {
  struct Stop {
    var why: String
    var statement: String
  }

  static let stops = [
    Stop(why: "What is in the store?", statement: "SHOW EVENTS;"),
    Stop(
      why: "How did the last year go? Orders, revenue and buyers, month by month.",
      statement: """
        EVENTS purchase AGGREGATE count() AS orders, sum(amount) AS revenue, users() AS buyers BY MONTH DURING @2025;
        """),
    Stop(
      why: "Who buys often, and where do they live?",
      statement: """
        SEGMENT users WHERE did purchase AT LEAST 3 TIMES IN LAST 90 DAYS AGGREGATE users() AS n BY country SORT BY n DESC;
        """),
    Stop(
      why: "Where do buyers get lost? Each step must follow the one before, all within a day.",
      statement: "FUNNEL view THEN cart THEN purchase SAME item WITHIN 1 DAY DURING @2025-Q4;"),
    Stop(
      why: "Is it worse on a phone?",
      statement: "FUNNEL cart THEN purchase WITHIN 1 DAY BY device DURING @2025-Q4;"),
    Stop(
      why: "Do buyers come back? Cohorts by the month of the first purchase.",
      statement: "RETENTION FROM FIRST purchase RETURN purchase BY MONTH FOR 6 MONTHS DURING @2025;"),
    Stop(
      why: "Who filled a cart last month and left it? The condition becomes a segment with a name.",
      statement: """
        SEGMENT users WHERE did (cart THEN NOT purchase WITHIN 1 DAY) IN LAST 30 DAYS SAVE AS SEGMENT left_in_cart;
        """),
    Stop(
      why: "Which stage of life are the users in, and what is each worth?",
      statement: """
        SEGMENT users AGGREGATE users() AS n, avg(monetary) AS spent, median(recency) AS days_since BY stage SORT BY n DESC;
        """),
    Stop(why: "One user, whole.", statement: "PROFILE USER 'u0021';"),
    Stop(
      why: "Those who will buy again, and ten things for each that they do not have yet.",
      statement: "SEGMENT users WHERE loyalty > 0.7 RECOMMEND 10;"),
  ]
}
